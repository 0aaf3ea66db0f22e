/* diff.h - what the files of the comparison share.
 *
 * A kind is a section of the file with named things in it.  Each thing is
 * described as a list of facets, values in words that do not depend on the
 * order in the file; two descriptions are compared facet by facet, and a
 * kind's judge says what a difference means. */
#ifndef POSTERN_RENDER_DIFF_H
#define POSTERN_RENDER_DIFF_H

#include "postern/policydiff.h"

#include "terms.h"

#define FACETS_MAX	24
#define DESCRIPTION_MAX (4u * 1024 * 1024)
#define ABSENT		SIZE_MAX

struct facets {
	struct prose t; /* the value of the last facet is written here */
	struct buf buf;
	struct {
		const char *key;   /* static */
		const char *label; /* static, in the tongue */
		size_t at;	   /* its value in buf */
		size_t line;	   /* 0: that of the thing */
	} of[FACETS_MAX];
	size_t len;
};
/* Begins the next one. */
void facet(struct facets *f, const char *key, const char *label, size_t line);
/* The same with a text for its value; NULL: none. */
void facet_text(struct facets *f, const char *key, const char *label,
		const char *text);
void facet_bool(struct facets *f, const char *key, const char *label, bool yes);

struct verdict {
	const char *effect;
	bool shortens, reveals;
};
#define SHORTER	 "shorter"
#define LONGER	 "longer"
#define SEE_MORE "more"
#define SEE_LESS "less"

struct sides { /* ABSENT: not on that side */
	const struct policy *a, *b;
	size_t i, k;
};

struct diff_kind {
	const char *section;
	const char *noun[2]; /* by enum tongue */
	size_t (*len)(const struct policy *p);
	/* NULL: the same thing as one before. */
	const char *(*name)(const struct policy *p, size_t i);
	size_t (*line)(const struct policy *p, size_t i);
	void (*describe)(struct facets *f, const struct policy *p, size_t i);
	/* key NULL: all of it was added or removed. */
	struct verdict (*judge)(const struct sides *s, const char *key);
};

extern const struct diff_kind diff_purposes;  /* diff_purposes.c */
extern const struct diff_kind diff_notices;   /* diff_purposes.c */
extern const struct diff_kind diff_replies;   /* diff_purposes.c */
extern const struct diff_kind diff_rules;     /* diff_rules.c */
extern const struct diff_kind diff_approvals; /* diff_rules.c */
extern const struct diff_kind diff_channels;  /* diff_channels.c */
extern const struct diff_kind diff_helpdesks; /* diff_sight.c */
extern const struct diff_kind diff_redact;    /* diff_sight.c */
extern const struct diff_kind diff_patterns;  /* diff_sight.c */
extern const struct diff_kind diff_special;   /* diff_words.c */
extern const struct diff_kind diff_keywords;  /* diff_words.c */
extern const struct diff_kind diff_tests;     /* diff_words.c */

/* --- what several of them need -------------------------------------------- */

/* From one period of keeping to another. */
struct verdict diff_retention(const struct rule *a, const struct rule *b);
struct verdict diff_period(const struct period *a, const struct period *b);
/* Data of one Datenart become data of another: period and who sees it. */
struct verdict diff_moved(const struct sides *s, const struct name *from,
			  const struct name *to);
void diff_worse(struct verdict *v, struct verdict with);
void diff_sort(const char **names, size_t len);
/* Names in the order of the alphabet, with commas. */
void diff_names(struct prose *t, const char **names, size_t len);
void diff_says(struct prose *t, const struct says *says);
/* A tree in one spelling, whatever its order. */
void diff_canon(struct prose *t, const struct yaml *node);

#endif
