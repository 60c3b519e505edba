# The models that are part of the program.
