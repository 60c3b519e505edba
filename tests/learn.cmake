# Training on this machine.
