"""CloudWatch Logs: what is written to a log group goes to those who subscribe to it."""
