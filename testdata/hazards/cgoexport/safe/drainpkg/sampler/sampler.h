#ifndef SAMPLER_H
#define SAMPLER_H

void sampler_start(void);
void sampler_stop(void);

#endif
