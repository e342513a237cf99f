"""Where bytes come from: a work tree, git objects at a revision, a plain directory, saved exchanges."""
