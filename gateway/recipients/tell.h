/* tell.h - inside recipients: calls under way. */
#ifndef POSTERN_RECIPIENTS_TELL_H
#define POSTERN_RECIPIENTS_TELL_H

#include "postern/opendsr.h"
#include "tellings.h"

#define FLIGHTS_MAX	 8
#define TELL_ANSWER_MAX	 (64u * 1024)
#define DAY		 ((int64_t)24 * 60 * 60 * 1000)
#define HELPDESK_WAIT_MS (7 * DAY)
#define REMIND_MS	 (2 * DAY)
/* OpenDSR: a month, and the days a processor may need to say so. */
#define PROCESSOR_WAIT_MS (35 * DAY)
#define POLL_MS		  (DAY / 4)

/* A row that is due, and the call made of it. */
struct tell {
	int64_t id, attempts, told_ms;
	uint16_t year;
	char kind[16], recipient[256], outside_id[OPENDSR_UUID_BYTES];
	enum telling_event event;
	enum telling_state state;
	bool cut;    /* the last outcome is not known */
	bool sealed; /* what is told is there; else: a restore found its key
			gone, so it had ended well when that was destroyed */
	size_t slot; /* of what was sealed */
	bool used, flying;
	/* to whom: one of the two */
	const struct settings_processor *processor;
	int helpdesk; /* -1 none */
	bool asks;    /* asks a processor how far it is */
	const char *allow[SETTINGS_ALLOW_MAX]; /* lent to the call */
	/* the answer */
	enum http_fate fate;
	long status;
	int64_t retry_after_ms;
	struct helpdesk_outcome said; /* of a helpdesk */
	struct buf reply;
};
struct tellings {
	struct tell flights[FLIGHTS_MAX];
	int64_t look_boot_ms; /* nothing is due before */
};

/* What to do with the row now (answer.c). */
struct tell_outcome {
	enum telling_state state;
	const char *reason;
	int64_t attempts, next_ms;
	bool told; /* for the first time */
};
void tell_judge(struct worker *w, const struct tell *t,
		struct tell_outcome *ret);
/* A row that is due although nobody need be called: *ret_call false. */
void tell_before(struct worker *w, struct tell *t, struct tell_outcome *ret,
		 bool *ret_call);
/* clear: what was sealed.  ERR_INPUT: no attempt would go better. */
int tell_call(struct worker *w, struct tell *t, const json_t *clear,
	      struct http_call *ret, struct err *err);

#endif
