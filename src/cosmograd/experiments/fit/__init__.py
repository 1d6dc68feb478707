"""Which universe a recorded training is: measured from its outputs."""
