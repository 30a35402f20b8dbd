#ifndef SAMPLER_H
#define SAMPLER_H

typedef void (*sample_fn)(int);

void sampler_start(void);
void sampler_subscribe(sample_fn fn);
void sampler_unsubscribe(void);

#endif
