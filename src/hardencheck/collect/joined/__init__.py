"""Facts from both sides of an audit: what the repository says beside what the URL shows."""
