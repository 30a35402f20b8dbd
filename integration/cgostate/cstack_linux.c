//go:build linux && cgo

#define _GNU_SOURCE
#include "cstack_linux.h"

#include <dlfcn.h>
#include <link.h>
#include <pthread.h>
#include <string.h>
#include <ucontext.h>

#if defined(__GLIBC__)
#include <execinfo.h>
#else
// Without backtrace(3), hotvet_cgostate_ready finds no frames and Track says so.
static int backtrace(void **frames, int max) {
	(void)frames;
	(void)max;
	return 0;
}
#endif

// The runtime asks for 32 frames, traceback.go; the two innermost are this
// file's own and _cgo_wait_runtime_init_done's, which calls the context function.
enum { MAX_FRAMES = 32, OWN_FRAMES = 2, MAX_RECORDS = 1024 };

struct record {
	int32_t used;
	int32_t count;
	void *frames[OWN_FRAMES + MAX_FRAMES];
};

// A fixed pool and not malloc(3): C may call Go from a signal handler, where
// malloc may already be holding its lock.
static struct record records[MAX_RECORDS];
static uint32_t next_record;

int32_t hotvet_cgostate_tracking;
int32_t hotvet_cgostate_asking;

// As runtime.SetCgoTraceback documents them.
struct context_arg {
	uintptr_t context;
};

struct traceback_arg {
	uintptr_t context;
	uintptr_t signal_context;
	uintptr_t *frames;
	uintptr_t max;
};

static struct record *take_record(void) {
	uint32_t start = __atomic_fetch_add(&next_record, 1, __ATOMIC_RELAXED);
	for (uint32_t i = 0; i < MAX_RECORDS; i++) {
		struct record *record = &records[(start + i) % MAX_RECORDS];
		int32_t unused = 0;
		if (__atomic_compare_exchange_n(&record->used, &unused, 1, 0, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
			return record;
	}
	return 0;
}

__attribute__((noinline)) void hotvet_cgostate_context(void *p) {
	struct context_arg *arg = p;
	if (arg->context != 0) {
		__atomic_store_n(&((struct record *)arg->context)->used, 0, __ATOMIC_RELEASE);
		return;
	}
	if (!__atomic_load_n(&hotvet_cgostate_tracking, __ATOMIC_RELAXED))
		return;
	struct record *record = take_record();
	if (record == 0)
		return;
	record->count = backtrace(record->frames, OWN_FRAMES + MAX_FRAMES);
	arg->context = (uintptr_t)record;
}

// Where the static variables of the program are, the runtime's among them.
static uintptr_t static_begin, static_end;

static int find_static(struct dl_phdr_info *info, size_t size, void *unused) {
	(void)size;
	(void)unused;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		uintptr_t begin = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
		uintptr_t length = info->dlpi_phdr[i].p_memsz;
		if (info->dlpi_phdr[i].p_type == PT_LOAD && (uintptr_t)records - begin < length) {
			static_begin = begin;
			static_end = begin + length;
			return 1;
		}
	}
	return 0;
}

// interrupted_pc is where a signal came in, or 0 on processors not known here.
static uintptr_t interrupted_pc(uintptr_t signal_context) {
	ucontext_t *context = (ucontext_t *)signal_context;
#if defined(__x86_64__)
	return (uintptr_t)context->uc_mcontext.gregs[REG_RIP];
#elif defined(__aarch64__)
	return (uintptr_t)context->uc_mcontext.pc;
#else
	(void)context;
	return 0;
#endif
}

// A CPU sample of a thread that C created has nothing but what this function says,
// and without it the runtime would have taken the interrupted address: so it is
// given. Samples of Go's own threads, which the runtime completes, come with a buffer
// from the heap; those have the static sigprofCallers of signal_unix.go.
static uintptr_t sample(struct traceback_arg *arg) {
	uintptr_t buffer = (uintptr_t)arg->frames;
	if (arg->signal_context == 0 || arg->max == 0 || buffer < static_begin || buffer >= static_end)
		return 0;
	arg->frames[0] = interrupted_pc(arg->signal_context);
	return arg->frames[0] != 0;
}

void hotvet_cgostate_traceback(void *p) {
	struct traceback_arg *arg = p;
	uintptr_t count = sample(arg);
	if (arg->context != 0 && __atomic_load_n(&hotvet_cgostate_asking, __ATOMIC_RELAXED) > 0) {
		struct record *record = (struct record *)arg->context;
		for (int i = OWN_FRAMES; i < record->count && count < arg->max; i++)
			arg->frames[count++] = (uintptr_t)record->frames[i];
	}
	if (count < arg->max)
		arg->frames[count] = 0;
}

int hotvet_cgostate_ready(void) {
	void *frames[4];
	dl_iterate_phdr(find_static, 0);
	return backtrace(frames, 4) > 0;
}

size_t hotvet_cgostate_name(uintptr_t address, char *name, size_t size) {
	Dl_info info;
	if (dladdr((void *)address, &info) == 0 || info.dli_sname == 0)
		return 0;
	size_t length = strlen(info.dli_sname);
	if (length > size)
		return 0;
	memcpy(name, info.dli_sname, length);
	return length;
}

int hotvet_cgostate_in_libc(uintptr_t address) {
	Dl_info here, libc;
	return dladdr((void *)address, &here) != 0 && dladdr((void *)pthread_create, &libc) != 0 &&
	       here.dli_fbase == libc.dli_fbase;
}
