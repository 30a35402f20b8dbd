#ifndef JOURNAL_H
#define JOURNAL_H

void journal_open(void);
void journal_flush(void);

#endif
