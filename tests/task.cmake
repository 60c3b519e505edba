# Everyday tasks.
