problem-reference = Reference:
