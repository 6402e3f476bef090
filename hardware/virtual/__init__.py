"""Virtual hardware, shipped: a small world behind a Unix socket, and a driver for every port that reaches it."""
