"""What operators see of a running consumer: metrics, traces, a progress bar."""
