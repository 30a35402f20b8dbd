#ifndef RESOLVER_H
#define RESOLVER_H

void resolver_start(int threads);
long resolver_stop(void);

#endif
