/* A library that a program loads while it runs; it calls back what it is given. */
static __attribute__((noinline)) int plug_inner(int (*callback)(int), int depth) {
	return callback(depth) + 1;
}

int plug_call(int (*callback)(int), int depth) { return plug_inner(callback, depth) + 1; }
