"""The outside world behind the core's ports: one third-party library a file, and no Qt."""
