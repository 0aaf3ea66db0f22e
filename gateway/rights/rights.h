/* rights.h - what a data subject asks for, from receipt to the end
 * (Art. 12 to 22 GDPR; compliance 2.1 to 2.4, 5.1).
 *
 * The one core; REST, verbs, chat, portal, OpenDSR, DRP and the callback of
 * the social network are adapters to it.  Before somebody has proved who they
 * are, nothing here says whether a person is known, not even by its time. */
#ifndef POSTERN_RIGHTS_RIGHTS_H
#define POSTERN_RIGHTS_RIGHTS_H

#include "postern/buf.h"
#include "postern/id.h"
#include "postern/retention.h"
#include "worker/worker.h"

enum rights_type {
	RIGHTS_ACCESS,
	RIGHTS_RECTIFICATION,
	RIGHTS_ERASURE,
	RIGHTS_RESTRICTION,
	RIGHTS_PORTABILITY,
	RIGHTS_OBJECTION,
	RIGHTS_WITHDRAWAL,
	RIGHTS_TYPES,
};
const char *rights_type_name(enum rights_type type); /* "access", ... */
bool rights_type_named(const char *name, enum rights_type *ret);

enum rights_state {
	RIGHTS_RECEIVED,
	RIGHTS_IDENTITY_PENDING,
	RIGHTS_VERIFIED,
	RIGHTS_IN_PROGRESS,
	RIGHTS_EXTENDED,
	RIGHTS_DECIDED,
	RIGHTS_EXECUTING,
	RIGHTS_WAITING_RECIPIENTS,
	RIGHTS_WAITING_BACKUPS,
	RIGHTS_COMPLETED,
	RIGHTS_REFUSED,
	RIGHTS_WITHDRAWN,
	RIGHTS_DUPLICATE,
	RIGHTS_FAILED_RETRY,
	RIGHTS_EXPIRED, /* nobody proved who asks, in time */
	RIGHTS_STATES,
};
const char *rights_state_name(enum rights_state state);
bool rights_state_ended(enum rights_state state);

/* Where it came from; the other side of an adapter. */
enum rights_via {
	RIGHTS_CHAT,
	RIGHTS_API,
	RIGHTS_PORTAL,
	RIGHTS_OPENDSR,
	RIGHTS_DRP,
	RIGHTS_META,
	RIGHTS_MAIL,
	RIGHTS_DESK,
	RIGHTS_VIAS,
};
const char *rights_via_name(enum rights_via via);

#define RIGHTS_IDENTIFIERS_MAX 8
struct rights_identifier {
	const char *kind;  /* of the blind index: "phone", "mail", ... */
	const char *value; /* as given; borrowed */
};
#define RIGHTS_CALLBACKS_MAX 8
/* With its end; who asks and what they call it are at most 64 bytes each. */
#define RIGHTS_OUTSIDE_BYTES 136
struct rights_ask {
	enum rights_type type;
	enum rights_via via;
	struct rights_identifier identifiers[RIGHTS_IDENTIFIERS_MAX];
	size_t identifiers_len;
	int64_t person;	      /* known by the channel; 0: by identifiers */
	int64_t conversation; /* 0: none */
	const struct name *channel; /* NULL: none */
	const char *language;	    /* "de", "en"; NULL: the controller's */
	int64_t received_ms;
	const char *scope; /* a purpose or Datenart; NULL: everything */
	const char *text;  /* what they wrote: rectification, reasons; NULL */
	/* Somebody we trust says it is them (OpenDSR controller, signed agent,
	 * the social network): verified at once. */
	bool proved;
	const char *outside_id; /* the other side's id; NULL: none */
	const char *asker;	/* agent, controller domain; NULL: none */
	const char *callbacks[RIGHTS_CALLBACKS_MAX]; /* https, checked */
	size_t callbacks_len;
	const char *callback_kind; /* how they are told; NULL: as via */
};
struct rights_opened {
	int64_t id;
	enum rights_state state;
	int64_t received_ms, due_day;
	/* Address of its status page: "/privacy/status/<secret>". */
	char status_link[96];
	bool repeated; /* outside_id was known: that request */
};
/* In the caller's transaction; takes as long for strangers as for others. */
int rights_open(struct worker *w, const struct rights_ask *ask,
		struct rights_opened *ret, struct err *err);

struct rights_request {
	int64_t id, person, conversation;
	enum rights_type type;
	enum rights_via via;
	enum rights_state state;
	char language[LANGUAGE_BYTES];
	int64_t received_ms, state_ms, ended_ms; /* 0: not yet */
	int64_t receipt_day, due_day, due_ends_ms;
	bool extended;
	int64_t paused_days;
	char reason[48]; /* code of refusal, extension; "" none */
	char outside_id[RIGHTS_OUTSIDE_BYTES], asker[256];
};
int rights_load(struct worker *w, int64_t id, struct rights_request *ret,
		bool *ret_found, struct err *err);
/* By the other side's id, or by the secret of the status link. */
int rights_find_outside(struct worker *w, enum rights_via via,
			const char *outside_id, int64_t *ret_id,
			struct err *err);
int rights_find_link(struct worker *w, const char *secret, int64_t *ret_id,
		     struct err *err);

/* Acts; in the caller's transaction, which is to be committed also when
 * *ret_refused is set: a static code ("state", "deadline", "approver",
 * "reason", "text", "fee", "proof", "tries", ...), NULL when it was done. */
struct rights_decision {
	bool grant;
	const char *reason; /* code of compliance 2.3; refusals need one */
	const char *text;   /* justification; excessive needs one */
	int64_t actor;	    /* token; 0: the operator */
	int64_t fee_cents;  /* of a further copy; 0: none */
};
int rights_verify(struct worker *w, int64_t id, const char *method,
		  int64_t actor, const char **ret_refused, struct err *err);
/* What the person gave back as proof: the code, in upper case, from the chat,
 * from the status page, or from the link that stands for both:
 * "/privacy/proof/<public id of the request>.<code>". */
int rights_prove(struct worker *w, int64_t id, const char *secret,
		 const char **ret_refused, struct err *err);
int rights_extend(struct worker *w, int64_t id, const char *reason,
		  const char *text, int64_t actor, const char **ret_refused,
		  struct err *err);
int rights_decide(struct worker *w, int64_t id,
		  const struct rights_decision *decision,
		  const char **ret_refused, struct err *err);
/* A second person agrees to a refusal that weighs heavily (Art. 12(5)). */
int rights_approve(struct worker *w, int64_t id, int64_t actor,
		   const char **ret_refused, struct err *err);
int rights_withdraw(struct worker *w, int64_t id, const char **ret_refused,
		    struct err *err);
/* One that came back with a backup: nothing is executed or sent for it until
 * this, or one of the acts above but verify and prove. */
int rights_resume(struct worker *w, int64_t id, const char **ret_refused,
		  struct err *err);

/* The settlement list: per Datenart what became of it. */
struct rights_item {
	struct name datenart;
	enum erasure_verdict verdict;
	char reason[48], article[96];
	int64_t until_day; /* 0: none */
	int64_t n;
};
typedef int rights_item_each(void *ctx, const struct rights_item *item,
			     struct err *err);
int rights_items(struct worker *w, int64_t id, rights_item_each *each,
		 void *ctx, struct err *err);

/* The receipt of an answered request, a .tlog-proof with its opening, appended
 * to ret.  *ret_refused: "state" (not answered yet), "pending" (no checkpoint
 * covers it yet). */
int rights_certificate(struct worker *w, int64_t id, struct buf *ret,
		       const char **ret_refused, struct err *err);

/* A turn of the loop: challenges, execution, answers, callbacks, alarms. */
int rights_step(struct worker *w, bool *ret_moved, struct err *err);
int64_t rights_due_in_ms(const struct worker *w);
void rights_close(struct worker *w);

#endif
