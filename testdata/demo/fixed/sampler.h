// sampler_start starts a thread that calls goSample with the load average of the
// last minute, 50 times a second, until the process ends. It returns 0, or the
// error number of pthread_create.
int sampler_start(void);
