/* send.h - the parts of step send, for each other only.
 *
 * A queue per channel, a lane per conversation with rows to send: the lane
 * holds the oldest row, later ones stay in the archive until it is done, so
 * order within a conversation is kept and memory does not follow the number
 * of waiting rows. */
#ifndef POSTERN_WORKER_SEND_H
#define POSTERN_WORKER_SEND_H

#include <jansson.h>
#include <sodium.h>

#include "postern/ledgerentry.h"
#include "worker.h"

#define SEND_LANES_MAX	 2048 /* per channel */
#define SEND_BUCKETS	 1024
#define SEND_SETTLED_MAX 256
#define SEND_PARAMS_MAX	 64
/* How long a status may take to settle an unknown outcome. */
#define SEND_UNKNOWN_MS (10 * 60 * INT64_C(1000))
/* So long a provider may say "too fast" without it costing an attempt. */
#define SEND_LIFE_MS (24 * 60 * 60 * INT64_C(1000))
/* The longest wait of one message for it, whatever time was named. */
#define SEND_NAMED_MAX (60 * 60 * INT64_C(1000))

enum lane_state { LANE_WAITING, LANE_FLYING, LANE_UNKNOWN };

struct send_queue;
struct send_flight;

struct send_lane {
	struct send_lane *next, *previous; /* of the queue */
	struct send_lane *bucket_next;
	struct send_queue *queue;
	struct send_flight *flight; /* LANE_FLYING */
	enum lane_state state;
	/* The outbox row. */
	int64_t conversation, row, message, attempts, created_ms;
	int64_t too_fast;   /* times this person was, in a row */
	int64_t spool_boot; /* waits for the spool until then; 0: not yet */
	bool read;	    /* a read receipt, no message of ours */
	int64_t due_boot;   /* waiting: try then; unknown: give up then */
};

struct send_queue {
	struct worker *w;
	int channel;
	struct send_lane *first, *last;
	size_t lanes_len, flying;
	int64_t cursor;	     /* rows up to this id were looked at */
	bool more;	     /* there may be rows behind it */
	int64_t rescan_boot; /* look at all again then: rows set free */
	int64_t due_boot;    /* no lane is due before */
	int64_t pause_boot;  /* nothing starts before */
	bool looked, behind; /* of this step: is the spool archived? */
	/* send_pace.c */
	int64_t failures; /* in a row, of the channel as a whole */
	size_t window;	  /* calls that may be under way */
	int64_t tokens_milli, tokens_boot;
};

struct send {
	struct send_queue *queues; /* in the order of settings->channels */
	size_t queues_len;
	struct send_lane *buckets[SEND_BUCKETS];
	int64_t settled[SEND_SETTLED_MAX]; /* messages a status came for */
	size_t settled_len;
};

/* --- send_queue.c --------------------------------------------------------- */
int send_queue_load(struct send_queue *q, struct err *err);
/* Outbox rows whose outcome a former process did not learn. */
int send_queue_load_unknown(struct worker *w, struct err *err);
struct send_lane *send_lane_find(struct send *s, int64_t conversation);
/* The row is done: the conversation's next one, or no lane any more. */
int send_lane_advance(struct send_lane *lane, struct err *err);
void send_lane_free(struct send *s, struct send_lane *lane);
void send_lane_due(struct send_lane *lane, int64_t wait_ms);

/* --- send_pace.c ---------------------------------------------------------- */
void send_pace_begin(struct send_queue *q);
/* May a call start now?  If not, due_boot says when to ask again. */
bool send_pace_may_start(struct send_queue *q);
void send_pace_started(struct send_queue *q);
void send_pace_good(struct send_queue *q);
/* The provider as a whole is unwell: all of the channel rests, as long as it
 * named (-1: nothing), a minute at most. */
void send_pace_rest(struct send_queue *q, int64_t named_ms);
/* The same because we were too fast: after it one call at a time, and one more
 * for each that is taken. */
void send_pace_too_fast(struct send_queue *q, int64_t named_ms);

/* --- send_flight.c -------------------------------------------------------- */
enum send_phase { SEND_UPLOAD, SEND_CALL };

struct send_attachment {
	int64_t id; /* 0: none */
	int64_t bytes;
	char file[33];
	struct key_ref key_ref;
	json_t *media; /* name, mime */
	uint8_t key[32];
	struct sealedfile *open;
	char media_id[256];
};

struct send_flight {
	struct worker *w;
	struct send_lane *lane;
	enum send_phase phase;
	bool under_way, answered;
	bool counted;		       /* this answer, as an attempt */
	struct name channel, helpdesk; /* helpdesk empty: none */
	char kind[16], state[16];
	struct key_ref key_ref;
	int64_t person, inbound_ms;
	json_t *content; /* opened; wiped by the JSON allocator */
	char kinds[PARTY_ADDRESSES_MAX][24];
	struct buf texts[PARTY_ADDRESSES_MAX];
	struct send_attachment attachment;
	struct id_text reference;
	const char *params[SEND_PARAMS_MAX];
	struct channel_act act;
	struct channel_outcome outcome;
};

/* Why a row ends without a call; NULL: it does not. */
struct send_refusal {
	const char *reason; /* static token */
	bool gone;	    /* nobody is to be told: erased, sent already */
	bool blocked;	    /* for want of a consent */
	enum ledger_reason refused; /* by the policy, whose word reason is */
};

/* Reads and opens all a row needs and makes the act.  Returns 0 with either
 * a flight or a reason. */
int send_flight_make(struct send_lane *lane, struct send_flight **ret,
		     struct send_refusal *ret_refusal, struct err *err);
/* Starts the call of the phase.  ERR_INPUT: impossible. */
int send_flight_start(struct send_flight *f, struct err *err);
void send_flight_free(struct send_flight **f); /* wipes */

/* --- send_judge.c --------------------------------------------------------- */
bool send_is_advertising(const struct send_flight *f);
/* Fills in *why if the policy refuses it now; addresses are opened. */
int send_judge(struct send_flight *f, struct send_refusal *why,
	       struct err *err);

/* --- send_load.c ---------------------------------------------------------- */
/* *ret_found false: the message is gone. */
int send_load_message(struct send_flight *f, struct buf *ret_content,
		      bool *ret_found, struct err *err);
/* Sealed rows, for the keeper to open. */
struct send_sealed {
	int64_t id;
	struct key_ref key_ref;
	struct buf bytes;
};
int send_load_addresses(struct send_flight *f,
			struct send_sealed ret[PARTY_ADDRESSES_MAX],
			size_t *ret_len, struct err *err);
int send_load_attachment(struct send_flight *f, struct buf *ret_media,
			 struct err *err);

/* --- send_prove.c: in the proof log ----------------------------------------
 */
/* The policy refused it: nothing of it reached the provider. */
int send_prove_refused(const struct send_lane *lane, enum ledger_reason why,
		       struct err *err);
/* The provider has it.  The archive does not know a message as sent whose
 * entry is not there. */
int send_prove_sent(const struct send_flight *f, struct err *err);
/* The same, as a status tells after an unknown outcome. */
int send_prove_settled(struct worker *w, int64_t message, int64_t conversation,
		       const struct name *channel, struct err *err);

/* --- send_outcome.c ------------------------------------------------------- */
/* Before the provider gets it: from now on nobody sends this row again
 * without knowing what became of it.  One transaction for all. */
int send_mark_unknown(struct worker *w, struct send_flight *const *flights,
		      size_t len, struct err *err);
/* What an answer leads to; the lane goes on or ends. */
int send_settle_answer(struct send_flight *f, struct err *err);
int send_settle_refusal(struct send_lane *lane,
			const struct send_refusal *refusal, struct err *err);
/* An unknown outcome: did a status come; is it time to give up? */
int send_settle_unknown(struct send_lane *lane, bool expired, struct err *err);
/* The same for a row that has no lane. */
int send_settle_status(struct worker *w, int64_t message, struct err *err);
/* Back to waiting, as if never tried (the keeper or memory was away). */
int send_put_back(struct send_lane *lane, int64_t wait_ms, struct err *err);

#endif
