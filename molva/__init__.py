"""The composition root: settings, hosts and the command line. Nobody imports it."""
