/* model.h - a parsed policy.yaml, inside policy/. */
#ifndef POSTERN_POLICY_MODEL_H
#define POSTERN_POLICY_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "postern/diag.h"
#include "postern/name.h"
#include "postern/period.h"
#include "postern/policy.h"
#include "postern/yamldoc.h"

/* Bounds on what one file may hold; each has its own finding. */
#define PURPOSES_MAX  64
#define RULES_MAX     128
#define CHANNELS_MAX  64
#define HELPDESKS_MAX 32
#define REDACT_MAX    64
#define NOTICES_MAX   64
#define TESTS_MAX     500
#define NOTICE_MAX    4096

enum basis {
	BASIS_CONSENT,
	BASIS_CONTRACT,
	BASIS_LEGAL_OBLIGATION,
	BASIS_VITAL_INTERESTS,
	BASIS_PUBLIC_TASK,
	BASIS_LEGITIMATE_INTEREST,
};

/* The event a period starts at (DIN 66398). */
enum start { START_COLLECTION, START_PROCESS_END, START_RELATIONSHIP_END };

struct purpose {
	struct name name;
	size_t line, column;
	enum basis basis;
	bool double_opt_in;
	bool has_valid;
	struct period valid;
};

/* A Datenart and its one deletion rule. */
struct rule {
	struct name name;
	size_t line, column;
	enum start from;
	bool has_keep, has_delete, has_statutory, has_restrict;
	struct period keep, delete_by;
	struct {
		char norm[65];
		int64_t years;
		bool year_end;
	} statutory;
	struct {
		enum start from;
		struct period after;
	} restriction;
};

struct channel_rule {
	struct name name, purpose, data;
	size_t line, column, data_line, purpose_line;
	bool first_contact; /* notice before the first message is handled */
	size_t first_contact_line, first_contact_column;
	struct name notice; /* empty: none */
};

struct helpdesk_rule {
	struct name name;
	size_t line, column, sees_line, person_line;
	bool text, attachments;
	enum policy_person person;
};

struct notice {
	struct name name;
	size_t line;
};

struct policy {
	uint8_t digest[POLICY_DIGEST_BYTES];
	struct name name;
	int64_t version;
	struct purpose purposes[PURPOSES_MAX];
	size_t purposes_len;
	struct rule rules[RULES_MAX];
	size_t rules_len;
	struct channel_rule channels[CHANNELS_MAX];
	size_t channels_len;
	struct helpdesk_rule helpdesks[HELPDESKS_MAX];
	size_t helpdesks_len;
	struct notice notices[NOTICES_MAX];
	size_t notices_len;
	/* Read and checked, without effect today; line 0: not in the file. */
	size_t data_line, redact_line, approvals_line, tests_line;
	size_t redact_len, tests_len;
};

/* --- fields.c: one value each, with a finding when it is not that --------- */

/* The child, or NULL with a finding that names what is missing. */
const struct yaml *policy_need(const struct yaml *map, const char *key,
			       const char *right, struct diag *diag);
bool policy_is_map(const struct yaml *node, const char *what,
		   struct diag *diag);
bool policy_is_list(const struct yaml *node, const char *what,
		    struct diag *diag);
bool policy_field_name(const struct yaml *node, const char *what,
		       struct name *ret, struct diag *diag);
/* The key of a map's child as a name. */
bool policy_key_name(const struct yaml *node, const char *what,
		     struct name *ret, struct diag *diag);
bool policy_field_period(const struct yaml *node, struct period *ret,
			 struct diag *diag);
bool policy_field_bool(const struct yaml *node, bool *ret, struct diag *diag);
bool policy_field_int(const struct yaml *node, int64_t min, int64_t max,
		      int64_t *ret, struct diag *diag);
/* The index of the scalar in words, or -1 with a finding. */
int policy_field_word(const struct yaml *node, const char *const *words,
		      size_t words_len, struct diag *diag);
/* A finding at node: name is not one of what the policy has,
 * given as names stride bytes apart. */
void policy_unknown_name(const struct yaml *node, const char *what,
			 const struct name *known, size_t known_len,
			 size_t stride, struct diag *diag);

/* --- sections ------------------------------------------------------------- */

void policy_parse_purposes(struct policy *p, const struct yaml *map,
			   struct diag *diag); /* rules.c */
void policy_parse_rules(struct policy *p, const struct yaml *map,
			struct diag *diag); /* rules.c */
void policy_parse_channels(struct policy *p, const struct yaml *map,
			   struct diag *diag); /* ways.c */
void policy_parse_helpdesks(struct policy *p, const struct yaml *map,
			    struct diag *diag); /* ways.c */
void policy_parse_notices(struct policy *p, const struct yaml *map,
			  struct diag *diag); /* later.c */
void policy_parse_redact(struct policy *p, const struct yaml *list,
			 struct diag *diag); /* later.c */
void policy_parse_approvals(struct policy *p, const struct yaml *map,
			    struct diag *diag); /* later.c */
void policy_parse_tests(struct policy *p, const struct yaml *list,
			struct diag *diag); /* later.c */

/* --- look-up (find.c); NULL when absent ----------------------------------- */

const struct purpose *policy_find_purpose(const struct policy *p,
					  const struct name *name);
const struct rule *policy_find_rule(const struct policy *p,
				    const struct name *name);
const struct channel_rule *policy_find_channel(const struct policy *p,
					       const struct name *name);
const struct helpdesk_rule *policy_find_helpdesk(const struct policy *p,
						 const struct name *name);
const struct notice *policy_find_notice(const struct policy *p,
					const struct name *name);

extern const char *const policy_person_words[];
#define PERSON_WORDS 3

#endif
