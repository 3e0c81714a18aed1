// The owner of the precompiled header has to compile something.
