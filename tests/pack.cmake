# Packs: classifiers, taggers and encoders.
