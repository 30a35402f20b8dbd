package hotvetprobe

// updated is true in the build that replaces another.
const updated = false
