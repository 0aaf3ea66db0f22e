/* worker.h - inside process 2.
 *
 * One thread runs the loop: receive -> deliver/send/media -> api jobs.  Every
 * step is one file named after it and does its database work in transactions
 * of its own; all of them share this struct and this thread, so there is one
 * writer and no lock.  Only the API listener has threads, and they hand jobs
 * to the loop (api.h).
 *
 * A step function returns 0 (setting *ret_moved when it did something, so the
 * loop comes round again at once) or -1: ERR_BUSY means later, ERR_STORAGE,
 * ERR_UNCERTAIN and ERR_CORRUPT of the archive end the process. */
#ifndef POSTERN_WORKER_H
#define POSTERN_WORKER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "postern/channel.h"
#include "postern/env.h"
#include "postern/helpdesk.h"
#include "postern/http.h"
#include "postern/id.h"
#include "postern/keeper.h"
#include "postern/policy.h"
#include "postern/sealedfile.h"
#include "postern/settings.h"
#include "postern/store.h"
#include "postern/zone.h"
#include "store/schema.h"

struct intake_counts;
struct processes;
struct receive;
struct deliver;
struct send;
struct media;
struct api;
struct simulating;
struct lifecycle;
struct shadow;
struct proofs;
struct staff;
struct stamping;
struct ledger_witnesses;
struct ledger_clock;
struct ledger_publish;
struct sweeping;
struct rights_post;
struct tellings;
struct callbacks;
struct opendsr_key;
struct holds;
struct holding;
struct packaging;
struct outliving;

/* Counters for /metrics; no labels with personal data.  Relaxed atomics. */
/* The formatter takes a list of X() for an expression. */
/* clang-format off */
#define WORKER_COUNTERS(X) \
	X(received_bodies) X(received_events) X(messages_stored) \
	X(duplicates) X(ignored_events) X(foreign_account) \
	X(quarantined) X(batches) X(delivered) \
	X(delivery_retries) X(delivery_dead) \
	X(destinations_gone) X(sent) X(send_retries) \
	X(send_failed) X(media_kept) X(media_failed) \
	X(media_tidied) X(api_requests) X(api_refused) \
	X(spool_damaged) X(persons_joined) X(persons_split) \
	X(keeper_waits) X(witness_cosigned) X(witness_splits)
/* clang-format on */
struct worker_counts {
#define X(n) _Atomic uint64_t n;
	WORKER_COUNTERS(X)
#undef X
};
#define COUNT(w, n) \
	atomic_fetch_add_explicit(&(w)->counts.n, 1, memory_order_relaxed)
#define COUNT_ADD(w, n, v)                                       \
	atomic_fetch_add_explicit(&(w)->counts.n, (uint64_t)(v), \
				  memory_order_relaxed)

struct worker {
	struct env *env;
	const struct settings *settings;
	const struct policy *policy;	/* in force; lifecycle.h */
	struct lifecycle *lifecycle;	/* NULL in tests: it stays */
	struct shadow *shadow;		/* NULL: none watches */
	struct ledger_clock *ledger;	/* NULL in tests: nobody signs */
	struct ledger_publish *publish; /* NULL: nobody wants to see it */
	struct ledger_officer {		/* ledgerofficer.h */
		int64_t look_boot_ms;
		bool wanted; /* somebody asked */
		bool said;   /* that it fails */
	} officer;
	int64_t prune_boot_ms;	/* ledgerprune.c: not before */
	int64_t breach_boot_ms; /* breach/watch.c: looked last */
	bool breach_counted;	/* breach/scope.c: nothing is to be counted */
	int64_t backup_boot_ms; /* backup/rows.c: looked last */
	struct zone *zone;	/* of the controller; NULL: UTC */
	struct store *store;
	struct keeper *keeper;
	struct http_client *http;
	struct id_source ids;
	struct id_mask mask;
	struct channel **channels;   /* in the order of settings->channels */
	struct helpdesk **helpdesks; /* in the order of settings->helpdesks */
	struct receive *receive;
	struct deliver *deliver;
	struct send *send;
	struct media *media;
	struct api *api;
	struct simulating *simulating;	    /* NULL: nobody asked yet */
	struct proofs *proofs;		    /* prove.h; NULL: none wait */
	const struct staff *acting;	    /* for whom; NULL: nobody */
	struct stamping *stamping;	    /* NULL in tests: no time stamps */
	struct ledger_witnesses *witnesses; /* NULL in tests */
	struct callbacks *callbacks;	    /* NULL in tests: nobody hears */
	struct tellings *tellings;	    /* NULL in tests: nobody is told */
	struct opendsr_key *opendsr_key;    /* NULL: OpenDSR is not offered */
	struct worker_counts counts;
	_Atomic bool ready; /* archive open, keeper unlocked, spool read once */
	const struct intake_counts *intake;
	const struct processes *processes;
	int64_t restrictions; /* open ones, if known (restriction.c) */
	bool restrictions_known;
	bool restrictions_logged;    /* restrictionlog.c: all of them */
	bool holds_logged;	     /* holdlog.c: the same */
	struct outliving *outliving; /* outlive.c; NULL: no line yet */
	struct holds *holds;	     /* hold.c; NULL: nobody asked yet */
	struct holding *holding;     /* forget/holding.c; NULL: no turn yet */
	int64_t canaries;	     /* the same (canary.c) */
	bool canaries_known;
	bool kept; /* is any record, if known (kept.c) */
	bool kept_known;
	struct { /* forget/erasure_step.c, boot clock */
		int64_t look_boot, again_boot; /* not before */
	} erasing;
	int64_t expire_boot;  /* consent_expire.c: looked last, boot clock */
	int64_t expired_ms;   /* all that ran out until then is forgotten */
	struct {	      /* consent_remind.c: a round over the purposes */
		int64_t boot; /* the last one ended then, boot clock */
		int64_t done_ms;  /* what was due until then was looked at */
		int64_t until_ms; /* of this round; 0: none is under way */
		size_t purpose;
		int64_t at_ms, id; /* the last question of it */
	} remind;
	struct sweepclock { /* sweepclock.c */
		bool loaded;
		int64_t floor_ms;	  /* highest time that was trusted */
		int64_t wall_ms, boot_ms; /* were so at the same moment */
		int64_t reach_ms;	  /* how far ahead of that it may be */
		bool doubt; /* the archive says that it is ahead */
		int64_t unsynced_ms, synced_boot_ms;
		int said; /* enum sweepclock_verdict */
		bool kept;
		int64_t look_boot_ms, write_boot_ms; /* not before */
	} sweepclock;
	/* package/: what is being made; does nothing wait to be; are all files
	 * of packages/ named by a row? */
	struct packaging *packaging;
	bool packages_idle, packages_tidy;
	int hatch_fd; /* requests of the public (public/public.h); 0: none */
	struct {      /* rights/step.c */
		bool asked;	/* a request is new, or something was done */
		int64_t boot;	/* looked last */
		int64_t due_ms; /* the next one, wall; 0: none */
		struct rights_post *post; /* letters on their way */
	} rights;
	struct sweeping *sweep; /* forget/sweep.h; NULL: not looked yet */
	bool stopping;
	bool restoring;	       /* backup/replay.h: nothing is served */
	int64_t restored_ms;   /* when the last backup came back; 0: never */
	int64_t restoring_day; /* and what was erased then is erased by it */
};

/* --- process (worker.c) --------------------------------------------------- */
struct worker_conf {
	const char *dir;
	const struct settings *settings;
	const struct policy *policy;
	int listen_fd;	 /* internal API, TCP */
	int operator_fd; /* internal API, unix socket of this host's operator */
	int wake_fd;	 /* eventfd the intake adds to after each commit */
	int hatch_fd;	 /* the intake knocks here (hatch.h); 0: none */
	/* Stream socket to the supervisor.  EOF: stop.  Write the one byte 'R'
	 * (MSG_NOSIGNAL) once this process serves. */
	int lifeline_fd;
	const struct intake_counts *intake; /* shared page; may be NULL */
	const struct processes *processes;  /* the same */
};
int worker_serve(struct env *env, const struct worker_conf *conf);
int64_t worker_now(const struct worker *w);  /* wall, ms */
int64_t worker_boot(const struct worker *w); /* boot clock, ms */
int64_t worker_id(struct worker *w);	     /* next record id */
/* First 8 bytes of the policy's digest, as the archive keeps it (decide.c). */
int64_t decide_policy_number(const struct worker *w);
/* Index in settings->channels / helpdesks, or -1. */
int worker_channel_index(const struct worker *w, const char *name);
int worker_helpdesk_index(const struct worker *w, const char *name);

/* --- receive.c: spool -> archive ------------------------------------------ */
int receive_open(struct worker *w, struct receive **ret, struct err *err);
void receive_close(struct receive **r);
int receive_step(struct worker *w, bool *ret_moved, struct err *err);
/* Takes one quarantined body through the same steps again (verb replay). */
int receive_replay(struct worker *w, int64_t quarantine, struct err *err);
uint64_t receive_backlog_bytes(const struct worker *w);
/* Is there anything acknowledged that is not archived? */
bool receive_behind(const struct worker *w);

/* --- deliver.c: outbox -> helpdesks --------------------------------------- */
int deliver_open(struct worker *w, struct deliver **ret, struct err *err);
void deliver_close(struct deliver **d);
/* New, retried or unblocked outbox rows for a helpdesk may be there. */
void deliver_wake(struct worker *w, const char *helpdesk);
int deliver_step(struct worker *w, bool *ret_moved, struct err *err);
/* Milliseconds until something is due (boot clock); -1 nothing. */
int64_t deliver_due_in_ms(const struct worker *w);

/* A message without attachments and its row of the outbox, just committed. */
struct archived {
	int64_t row, conversation, person, message, target; /* target 0: none */
	int64_t at_ms, inbound_ms, error;
	const char *type; /* static */
	const struct name *kind, *channel;
	const char *text, *emoji; /* NULL: none */
	size_t text_len;
	bool removed;
	const char *redacted; /* names, each with its end; NULL: none */
	size_t redacted_len;
	/* By this policy (its number) nothing is to be taken out of text and
	 * emoji; 0: not known. */
	int64_t clean_by;
	struct name datenart;
	enum message_outcome outcome;
};
/* Spares reading the row back, if it is told soon; all is copied.  Only after
 * the commit: what is kept is told without another look at the archive. */
void deliver_keep(struct worker *w, const char *helpdesk,
		  const struct archived *what);
/* To be called by whoever changes or erases a message that may still be told,
 * its row of the outbox or its person: what is told from then on is read from
 * the archive.  message 0: all messages. */
void deliver_forget(struct worker *w, int64_t message);
/* Is so much kept that archiving more would only be read back later, and this
 * thread busy with it?  While it waits for helpdesks, never. */
bool deliver_has_enough(const struct worker *w);

/* --- send.c: outbox -> providers ------------------------------------------ */
int send_open(struct worker *w, struct send **ret, struct err *err);
void send_close(struct send **s);
void send_wake(struct worker *w, const char *channel);
int send_step(struct worker *w, bool *ret_moved, struct err *err);
int64_t send_due_in_ms(const struct worker *w);
/* A status came that names our reference: settles an unknown outcome. */
void send_settled(struct worker *w, int64_t message);

/* --- media.c: attachments in, provider copies tidied -----------------------
 */
int media_open(struct worker *w, struct media **ret, struct err *err);
void media_close(struct media **m);
void media_wake(struct worker *w);
int media_step(struct worker *w, bool *ret_moved, struct err *err);
int64_t media_due_in_ms(const struct worker *w);

/* --- mediafile.c: attachments (sealedfile.h) ------------------------------ */
/* DIR/media/xx/<32 hex>.  key: keeper_add_file_key. */
int mediafile_create(struct worker *w, const uint8_t key[32],
		     struct sealedfile **ret, char ret_file[33],
		     struct err *err);
int mediafile_open(const char *dir, const char *file, const uint8_t key[32],
		   int64_t clear_len, struct sealedfile **ret, struct err *err);
int mediafile_unlink(const char *dir, const char *file, struct err *err);

#endif
