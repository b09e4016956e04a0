"""What was published: content, identity, relevance and revisions of items."""
