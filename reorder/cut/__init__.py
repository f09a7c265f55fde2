"""One instruction cut into several, so that each part can stand where it is cheapest."""
