/* witnesses.h - the witnesses of the proof log, for status and address. */
#ifndef POSTERN_API_WITNESSES_H
#define POSTERN_API_WITNESSES_H

#include <jansson.h>

#include "worker/worker.h"

/* A list, one for each in the settings; *ret_last: size of our checkpoint. */
int witnesses_json(struct worker *w, json_t **ret, uint64_t *ret_last,
		   struct err *err);

#endif
