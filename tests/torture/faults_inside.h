/* faults_inside.h - what the files of the fault layer share. */
#ifndef TORTURE_FAULTS_INSIDE_H
#define TORTURE_FAULTS_INSIDE_H

#include <stdbool.h>

#include "faults.h"

/* NULL: this process is not steered. */
struct fault_page *faults_page(void);

/* What is to become of this call.  errno is set for FAULT_ERROR. */
enum fault_action fault(enum fault_call call, uint32_t file, int64_t *ret_ms);

/* The callers' addresses as one number: the same in every run of a binary,
 * wherever it was loaded.  Never 0, FAULTS_COLLECT or FAULTS_FRESH. */
uint64_t stack_hash(uint64_t seed);
void stack_keep(struct fault_page *page, uint64_t hash);
bool stack_kept(const struct fault_page *page, uint64_t hash);

/* From here on a crash leaves its callers in the log. */
void crashes_tell(void);

#endif
