"""What is decided before anything is sent: whether a request can be answered, by whom, in which order.

planner: makes the plan of a request; plan_cache: those that were made before.
routing: finds the route that a request names; weights, context_windows: their order, and which of them take more.
"""
