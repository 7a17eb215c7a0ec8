"""The collectors that come with Molva, one file for each; ``molva sources --available`` lists them."""
