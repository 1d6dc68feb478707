"""A training predicted from the initial kernel alone: its learning curve, and when each mode is learned."""
