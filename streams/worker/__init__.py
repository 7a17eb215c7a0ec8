"""The distributed host: Faust agents around the steps of the topology, and what keeps them honest and alive."""
