/* sweep_inside.h - the parts of a sweep, for each other only.
 *
 * A run goes over the steps of a plan twice: it counts, and if that is what
 * somebody approved, it deletes.  Where it is lies in its row, written in the
 * transaction that deletes, so a run that is killed goes on there. */
#ifndef POSTERN_FORGET_SWEEP_INSIDE_H
#define POSTERN_FORGET_SWEEP_INSIDE_H

#include "postern/policy.h"
#include "sweep.h"

/* --- what a run goes over (sweep_plan.c) ---------------------------------- */

/* Records that have a rule of their own, or rows beside them. */
enum sweep_class {
	SWEEP_ITEMS,   /* messages, attachments, notes, quarantined bodies */
	SWEEP_NOTICES, /* that somebody was informed */
	SWEEP_VIEWS,   /* who looked at what */
	SWEEP_META,    /* delivery data of a message */
	SWEEP_CONTACT, /* addresses and profile of a person */
	SWEEP_CONSENT, /* what a person said about a purpose */
	SWEEP_REQUEST, /* what a person asked for */
	SWEEP_BREACH,
	SWEEP_HOLD, /* one that ended, and what it was for */
	SWEEP_CLASSES,
};

/* How candidates are found. */
enum sweep_walk {
	WALK_KEPT,	    /* what was kept before, and may go now */
	WALK_MESSAGES,	    /* by id, as they came */
	WALK_ATTACHMENTS,   /* the same */
	WALK_QUARANTINE,    /* the same */
	WALK_NOTES,	    /* the same */
	WALK_CONVERSATIONS, /* by the time they were closed */
	WALK_PERSONS,	    /* of whom a relationship ended */
	WALK_ROWS,	    /* of one of the other classes, by id */
	WALK_STRANGERS,	    /* of a Datenart without a rule, decided upon */
	WALK_CLASSIFY,	    /* everything: is there such a Datenart? */
};

#define SWEEP_RULE_BYTES 16
struct sweep_step {
	enum sweep_walk walk;
	enum sweep_class class;
	struct name datenart;
	bool restricts; /* out of use, not deleted */
	int64_t today;
	int64_t before_ms;		/* what started before that is due */
	uint8_t rule[SWEEP_RULE_BYTES]; /* digest of what made it due */
};
/* Two for each rule, and what is beside the rules. */
#define SWEEP_STEPS_MAX 1024
struct sweep_plan {
	struct sweep_step *steps;
	size_t len;
};
int sweep_plan_make(struct worker *w, int64_t today, struct sweep_plan *ret,
		    struct err *err);
void sweep_plan_free(struct sweep_plan *plan);
/* The first day whose events are not due on today yet, by a period; and by a
 * law. */
int64_t sweep_first_kept(const struct policy_rule *rule, int64_t today);
/* What a mark of this step is called. */
const char *sweep_walk_name(const struct sweep_step *step);

/* --- candidates (sweep_walk.c) -------------------------------------------- */

struct sweep_position {
	int64_t step;	 /* index in the plan */
	int64_t a, b, c; /* where in its walk; 0: at its beginning */
};

struct sweep_candidate {
	enum item_kind kind; /* SWEEP_ITEMS */
	int64_t id;
	bool kept;	 /* found in table kept */
	bool by_erasure; /* ... where an erasure put it */
};
#define SWEEP_PAGE 256
struct sweep_page {
	struct sweep_candidate at[SWEEP_PAGE];
	size_t len;
	struct sweep_position next;
	bool done;    /* of this step */
	int64_t mark; /* of a step that is done: what is up to it is gone */
};
/* The candidates from position on; reads only. */
int sweep_page_read(struct worker *w, const struct sweep_step *step,
		    const struct sweep_position *position,
		    struct sweep_page *ret, struct err *err);
/* How far an earlier run went, by the same rule. */
int sweep_mark_get(struct worker *w, const struct sweep_step *step,
		   int64_t *ret, struct err *err);
int sweep_mark_put(struct worker *w, const struct sweep_step *step,
		   int64_t mark, struct err *err);

/* --- rows beside the records (sweep_rows.c, sweep_person.c) --------------- */

/* As a record, so that judge_item() can say what becomes of it. */
int sweep_row_load(struct worker *w, const struct sweep_step *step, int64_t id,
		   struct item *ret, bool *ret_found, struct err *err);
int sweep_row_forget(struct worker *w, const struct sweep_step *step,
		     const struct item *item, struct err *err);
int sweep_contact_load(struct worker *w, int64_t person, struct item *ret,
		       bool *ret_found, struct err *err);
int sweep_contact_forget(struct worker *w, int64_t person, struct err *err);
int sweep_consent_load(struct worker *w, int64_t event, struct item *ret,
		       bool *ret_found, struct err *err);
int sweep_consent_forget(struct worker *w, int64_t event, struct err *err);

/* --- what was counted (sweep_count.c) ------------------------------------- */

struct sweep_count {
	struct name datenart;
	int64_t erase, restricted;
};
#define SWEEP_COUNTS_MAX 512
struct sweep_counts {
	struct sweep_count rows[SWEEP_COUNTS_MAX];
	size_t len;
	int64_t erase, restricted;
};
void sweep_count_add(struct sweep_counts *c, const struct name *datenart,
		     bool restricts);
int sweep_counts_print(const struct sweep_counts *c, struct buf *ret,
		       struct err *err);
/* ERR_CORRUPT: not what was printed. */
int sweep_counts_parse(const void *text, size_t len, struct sweep_counts *ret,
		       struct err *err);
/*
 * sweep_counts_exceed - would more go than somebody approved?
 *
 * Of any Datenart, or in all, more than tolerance percent above what was
 * approved, and more than few records above it.
 */
bool sweep_counts_exceed(const struct sweep_counts *approved,
			 const struct sweep_counts *now, int64_t tolerance,
			 int64_t few);

/* --- a run (sweep_run.c, sweep_slice.c) ----------------------------------- */

struct sweep_run {
	int64_t id;
	bool real;
	enum sweep_state state;
	int64_t day;
	int64_t policy; /* number of the one it goes by */
	int64_t done;	/* records that went */
	struct sweep_position at;
};
struct sweeping {
	bool running;
	struct sweep_run run;
	struct sweep_plan plan;
	struct sweep_counts counts;	/* so far, or what was planned */
	struct sweep_counts *strangers; /* of no rule; NULL: not looked for */
	int64_t cap_day, cap_done;	/* so many went on that day */
	bool keys; /* all went; now what they were sealed with */
	int64_t pause_until_ms, look_boot_ms; /* boot clock */
	bool look;			      /* something was asked for */
	bool gathered; /* perhaps there is what helpdesks do not know yet */
};

/* Reads the run that is under way, if any, and makes its plan. */
int sweep_run_open(struct worker *w, struct err *err);
void sweep_run_close(struct worker *w);
/* In the transaction.  What waits for an approval is overtaken. */
int sweep_run_begin(struct worker *w, bool real, int64_t day, int64_t author,
		    int64_t *ret_id, struct err *err);
int sweep_run_under_way(struct worker *w, bool *ret, struct err *err);
/* A slice of it. */
int sweep_slice(struct worker *w, struct err *err);
/* So many of today's are gone as may be. */
int sweep_capped(struct worker *w, int64_t today, bool *ret, struct err *err);
/* All is counted: it stops, or deletes from now on. */
int sweep_judge(struct worker *w, struct err *err);
/* All went: keys that are of no use any more, some at a time; then it ends. */
int sweep_finish(struct worker *w, struct err *err);
int sweep_break_off(struct worker *w, const char *reason, struct err *err);

/* --- of no rule (sweep_review.c) ------------------------------------------ */

/* What a person decided, or what waited too long: one step each.  And a look
 * at everything, if the rules are not those of the last look. */
int sweep_strangers(struct worker *w, struct sweep_plan *plan, int64_t today,
		    struct err *err);
/* A page of that look; only while counting. */
int sweep_classify(struct worker *w, struct sweeping *s, bool *ret_done,
		   struct err *err);
/* What it found, for people to decide; in the transaction. */
int sweep_classified(struct worker *w, const struct sweeping *s,
		     struct err *err);
/* The run is through with what was decided; in the transaction. */
int sweep_strangers_gone(struct worker *w, const struct sweep_plan *plan,
			 struct err *err);
/* When what has no rule goes, if nobody decides from now on. */
int64_t sweep_warned_until(const struct worker *w);
/* Of the suppression list, what is to be looked at; the same. */
int sweep_suppression(struct worker *w, int64_t today, struct err *err);

#endif
