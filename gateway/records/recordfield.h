/* recordfield.h - fields of a record, and where one is wrong. */
#ifndef POSTERN_RIGHTS_RECORDFIELD_H
#define POSTERN_RIGHTS_RECORDFIELD_H

#include "postern/consentrecord.h"

struct at {
	char path[CONSENTRECORD_FIELD_BYTES];
	struct consentrecord_fault *fault;
};

struct at at_top(struct consentrecord_fault *fault);
struct at at_key(const struct at *up, const char *key);
struct at at_index(const struct at *up, size_t index);
/* Always returns -1; both texts are static. */
int at_bad(const struct at *at, const char *what, const char *want);

/* JSON-LD writes one thing like a list of one; nothing: no things. */
size_t many_len(const json_t *v);
const json_t *many_at(const json_t *v, size_t index);

/* A text that says something, {"@id"} and {"@value"} included; else NULL. */
const char *said_by(const json_t *v);
/* Is one of the types this term of DPV? */
bool has_type(const json_t *v, const char *term);
/* Without the prefix or namespace of DPV; NULL: of none. */
const char *dpv_term(const char *text);

/* The member said; NULL with the fault told. */
const char *need_said(const struct at *up, const json_t *object,
		      const char *key, const char *want);
int need_period(const struct at *up, const json_t *object, const char *key);

typedef int (*field_check)(const struct at *at, const json_t *v);
/* One thing or more, and each is right. */
int need_each(const struct at *up, const json_t *object, const char *key,
	      const char *want, field_check check);
/* None is right, too. */
int may_each(const struct at *up, const json_t *object, const char *key,
	     field_check check);
int check_said(const struct at *at, const json_t *v);

int dpv_judge(const struct at *top, const json_t *record);
int dpv_receipt_judge(const struct at *top, const json_t *receipt);
int kantara_judge(const struct at *top, const json_t *receipt);
/* explicit: Art. 9 data, so that a plain yes does not do. */
int dpv_events(const struct at *at, const json_t *list, bool explicit_wanted,
	       struct consent_event *ret, size_t *ret_len);

bool is_uuid4(const char *text);
/* "DE", "DE-BY". */
bool is_place(const char *text);
bool is_language(const char *text);

#endif
