"""What is shown by doing it very often: longer than tests may take. `make soak` prints what was found; it asserts nothing."""
