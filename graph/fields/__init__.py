"""How types, their fields, lists and inputs are declared: once, beside what they stand for."""
