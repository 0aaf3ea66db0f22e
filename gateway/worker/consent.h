/* consent.h - who agreed to what: the one place that reads and writes
 * consent_event, and the list of addresses nobody may advertise to.
 *
 * Events are added and never changed; the state is computed for a point in
 * time (postern/consent.h).  A consent is per person, purpose and channel.
 * All of it runs on the worker's thread; what writes runs inside the caller's
 * transaction.  What the receive step needs beside it: consent_receive.h.
 *
 * Source: Art. 7, 8, 21 GDPR; compliance 4. */
#ifndef POSTERN_WORKER_CONSENT_H
#define POSTERN_WORKER_CONSENT_H

#include "postern/ledgerentry.h"
#include "worker.h"

/* Of evidence; a class of its own, whether or not the policy has it. */
#define CONSENT_DATENART "CONSENT"

struct consent_of {
	int64_t person;
	struct name purpose, channel;
};

/* --- reading -------------------------------------------------------------- */

/* As of now, with everything that is known: a clock that was set back hides
 * no withdrawal. */
#define CONSENT_NOW INT64_C(0)

struct consent_view {
	enum consent_state state;
	bool minor;	      /* a guardian has to agree, and none did */
	int64_t since_ms, id; /* of the event that decided; 0: none did */
	int64_t until_ms;     /* of it; 0: none */
};
/* When it ended, which is where the period of its proof begins; 0: it did
 * not, or none was given. */
int64_t consent_ended_ms(const struct consent_view *view);
/*
 * consent_view_of - what a person said last, as of at_ms (or CONSENT_NOW).
 *
 * Events of all persons joined with this one count.  A purpose that is
 * marketing is also ended by an event for "marketing" or "all", and rests
 * (CONSENT_REQUEST_DEFERRED) while somebody has to decide whether a message
 * was a withdrawal, or about a wish to be erased.  Errors are the store's.
 */
int consent_view_of(struct worker *w, const struct consent_of *of,
		    int64_t at_ms, struct consent_view *ret, struct err *err);
int consent_state_of(struct worker *w, const struct consent_of *of,
		     int64_t at_ms, enum consent_state *ret, struct err *err);
/* Everything the person was ever asked about or said something about; at most
 * max. */
int consent_all_of(struct worker *w, int64_t person, struct consent_of *ret,
		   size_t max, size_t *ret_len, struct err *err);

/* Is the purpose (of a send; NULL: the channel's own) marketing? */
bool consent_is_marketing(const struct worker *w, const struct name *channel,
			  const char *purpose);
/* The facts of a send: *ret is what policy_facts.consent and .minor want. */
int consent_of_send(struct worker *w, int64_t person,
		    const struct name *channel, const char *purpose,
		    struct consent_view *ret, struct err *err);

/* Why a decision refused a send for want of a consent; LEDGER_R_NONE: it did
 * not. */
enum ledger_reason consent_blocks(const struct policy_decision *d);
/* Why a decision refused a send. */
enum ledger_reason consent_refusal(const struct policy_facts *facts,
				   const struct policy_decision *d);

/* A question that waits for its answer at at_ms; id 0: none does. */
struct consent_question {
	int64_t id, at_ms, prompt;
	struct name purpose;
	uint8_t wording[32];
	bool has_wording;
	char language[LANGUAGE_BYTES];
};
int consent_pending(struct worker *w, int64_t person,
		    const struct name *channel, int64_t at_ms,
		    struct consent_question *ret, struct err *err);

/* --- writing -------------------------------------------------------------- */

/* One event.  Every text is static or configured. */
struct consent_entry {
	struct consent_of of; /* channel "": every one */
	const char *kind;     /* "requested", "given", "withdrawn", ... */
	const char *source;   /* NULL: as method */
	const char *by;	      /* subject, guardian, controller, provider */
	const char *method;   /* reply, keyword, link, api, import, ... */
	int64_t at_ms;
	int64_t until_ms;	/* end of its validity; 0: none */
	const uint8_t *wording; /* SHA-256 of what was shown; NULL: none */
	const char *language;	/* "de"; NULL */
	int64_t prompt, answer; /* messages; 0: none */
	/* FIELD_EVIDENCE under (key_person, CONSENT_DATENART, year) with id as
	 * record; NULL: none. */
	const void *evidence;
	size_t evidence_len;
	int64_t key_person;
	uint16_t year;
	int64_t id; /* 0: a new one */
};
int consent_add(struct worker *w, const struct consent_entry *entry,
		struct err *err);
/* Its entry in the proof log; consent_add does it. */
int consent_prove(struct worker *w, const struct consent_entry *entry,
		  int64_t id, struct err *err);

/* When a consent to this purpose, given at at_ms, ends: the first moment of
 * the day after the last, in the controller's zone; 0: it does not. */
int64_t consent_until(const struct worker *w, const struct consent_of *of,
		      int64_t at_ms);
/* The same time of day a period later. */
int64_t consent_after(const struct worker *w, const struct period *period,
		      int64_t at_ms);

struct consent_stop {
	int64_t person;
	struct name channel; /* "": every one */
	const char *source;  /* NULL: as method */
	const char *by, *method;
	int64_t at_ms, answer;
};
/* Every marketing purpose of the policy is withdrawn on the channel, but those
 * that are already, and helpdesks are told.  Suppression is for the caller: it
 * asks the keeper. */
int consent_withdraw_marketing(struct worker *w, const struct consent_stop *s,
			       struct err *err);
/* Tells the helpdesks that have a conversation with the person (channel "": on
 * any).  kind: of the event. */
int consent_tell(struct worker *w, const struct consent_of *of,
		 const char *kind, struct err *err);
/* Messages held until this consent go to their helpdesks. */
int consent_release(struct worker *w, const struct consent_of *of,
		    struct err *err);

/* --- consent_suppress.c: the list that outlives the person ----------------
 *
 * One row per address: a hash under a key of its own of kind and normalised
 * spelling.  An entry is lifted by nothing but the person saying yes again,
 * in person, after it was made: an import never does. */

struct consent_entered {
	const char *scope, *reason; /* scope: a purpose, or one of the above */
	const struct name *channel;
	int64_t since_ms;
};
/* Enters these addresses, whosever they are. */
int consent_suppress_party(struct worker *w, const struct party *party,
			   const struct consent_entered *entry,
			   struct err *err);
/* Enters every address the person has today. */
int consent_suppress(struct worker *w, int64_t person, const char *scope,
		     const struct name *channel, const char *reason,
		     int64_t since_ms, struct err *err);
/* Does one of these addresses stand on the list, for the purpose of?  Of a
 * person 0 that is nobody (yet) too. */
int consent_suppressed(struct worker *w, const struct party *party,
		       const struct consent_of *of, bool *ret, struct err *err);
/* The same of the addresses a person has today. */
int consent_person_suppressed(struct worker *w, const struct consent_of *of,
			      bool *ret, struct err *err);
/* What stands on the list for the person's addresses of today, the latest of
 * each scope and channel; at most max. */
struct consent_listed {
	char scope[NAME_LEN_MAX + 1], channel[NAME_LEN_MAX + 1], reason[24];
	int64_t since_ms;
};
int consent_listed(struct worker *w, int64_t person, struct consent_listed *ret,
		   size_t max, size_t *ret_len, struct err *err);
/* Did the person refuse or end it, or was it ended, and they did not say yes
 * again in person?  Without the list: of any purpose. */
int consent_stopped(struct worker *w, const struct consent_of *of, bool *ret,
		    struct err *err);

#endif
