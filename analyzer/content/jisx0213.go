package content

func jisx0213(plane int, pair [2]byte) string { return "\uFFFD" }
