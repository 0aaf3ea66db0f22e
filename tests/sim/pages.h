/* pages.h - the two demo pages, carried in the binary. */
#ifndef POSTERN_SIM_PAGES_H
#define POSTERN_SIM_PAGES_H

#include <stddef.h>

extern const char page_phone[], page_phone_end[];
extern const char page_desk[], page_desk_end[];

size_t page_phone_len(void);
size_t page_desk_len(void);

#endif
