"""What is decided before anything is sent: whether a request can be answered, by whom, in which order, at what size."""
