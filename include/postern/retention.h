/* retention.h - how long a record is kept, and what becomes of it.
 *
 * Pure.  Source: compliance 3.1, 3.2, 3.3; DIN 66398. */
#ifndef POSTERN_RETENTION_H
#define POSTERN_RETENTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "postern/period.h"

/* --- due dates ------------------------------------------------------------ */

struct retention {
	int64_t last_day;   /* kept through this day */
	int64_t erase_from; /* erasable from its 00:00 local on */
};

/* A rule: start and period.  False: after the year 9999. */
bool retention_of(int64_t start_day, const struct period *p,
		  struct retention *ret);
/* A law: so many years from the event, or from the end of its year. */
bool retention_statutory(int64_t event_day, uint32_t years, bool year_end,
			 struct retention *ret);

/* The laws whose periods are known by name: "HGB_Handelsbrief_6". */
struct statutory {
	const char *name;
	const char *article; /* "§ 257(1) no. 2, 3, (4) HGB" */
	uint32_t years;
	bool year_end;
};
const struct statutory *statutory_all(size_t *ret_len);
const struct statutory *statutory_find(const char *name);
/* Does it order to keep?  A limitation period ("BGB195_...", "BGB 195") only
 * allows it: until a claim is barred its proof is of use, and no law is broken
 * if it goes before (Art. 17(3)(b) against (e) GDPR).  NULL: it does. */
bool statutory_orders(const char *norm);

/* --- erase, restrict or keep ---------------------------------------------- */

/* Art. 6(1) GDPR, in its order. */
enum legal_basis {
	LEGAL_BASIS_CONSENT,
	LEGAL_BASIS_CONTRACT,
	LEGAL_BASIS_LEGAL_OBLIGATION,
	LEGAL_BASIS_VITAL_INTEREST,
	LEGAL_BASIS_PUBLIC_TASK,
	LEGAL_BASIS_LEGITIMATE_INTEREST,
	LEGAL_BASES,
};
extern const char *const legal_basis_names[LEGAL_BASES];

/* What asks for an erasure. */
enum erasure_trigger {
	TRIGGER_SCHEDULE,
	TRIGGER_ART17,
	TRIGGER_WITHDRAWAL,
	TRIGGER_OBJECTION_MARKETING, /* Art. 21(2): absolute */
	TRIGGER_OBJECTION_6_1_F,     /* Art. 21(1): with reasons */
	TRIGGERS,
};
extern const char *const erasure_trigger_names[TRIGGERS];

/* A day that may be absent. */
struct maybe_day {
	bool is;
	int64_t day;
};

struct erasure_facts {
	int64_t today; /* local date of the controller */
	enum erasure_trigger trigger;
	enum legal_basis basis;
	bool marketing; /* the record's purpose is advertising */
	bool purpose_active;
	struct maybe_day rule_due; /* erase_from of its rule; absent: no start
				    * event yet, or no rule */
	struct maybe_day statutory_last_day;
	bool legal_hold;
	char restriction; /* 'a' to 'd' of Art. 18(1); 0 = none */
};

enum erasure_verdict {
	ERASURE_KEEP,		 /* nothing asks for it: stays in use */
	ERASURE_ERASE,		 /* rows, files and key */
	ERASURE_REFUSE,		 /* the request is answered with a no */
	ERASURE_RESTRICT_HOLD,	 /* restricted until a hold, or the person's
				  * own restriction, ends */
	ERASURE_RESTRICT_REVIEW, /* restricted until a person has weighed */
	ERASURE_RESTRICT_UNTIL,	 /* restricted while a law says keep */
	ERASURE_VERDICTS,
};
/* "keep", "erase", "refuse", "restrict_hold", "restrict_pending_review",
 * "restrict_until". */
extern const char *const erasure_verdict_names[ERASURE_VERDICTS];

struct erasure_reason {
	const char *code;    /* static; DPV's where it has one */
	const char *article; /* static; NULL: no article */
};

/* Cause, hold, law, restriction: each at most once. */
#define ERASURE_REASONS_MAX 4
struct erasure_decision {
	enum erasure_verdict verdict;
	int64_t until; /* where a law says keep: free from this day */
	/* First the one that decided; then what else stands in the way; last
	 * what asked for the erasure. */
	struct erasure_reason reasons[ERASURE_REASONS_MAX];
	size_t reasons_len;
};

/* The decision function of compliance 3.3. */
struct erasure_decision erasure_decide(const struct erasure_facts *facts);

#endif
