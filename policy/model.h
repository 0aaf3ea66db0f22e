/* model.h - a parsed policy.yaml, inside policy/.
 *
 * Texts are borrowed from the document, which lives as long as the policy. */
#ifndef POSTERN_POLICY_MODEL_H
#define POSTERN_POLICY_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "postern/diag.h"
#include "postern/holidays.h"
#include "postern/keyword.h"
#include "postern/name.h"
#include "postern/period.h"
#include "postern/policy.h"
#include "postern/retention.h"
#include "postern/yamldoc.h"

#define COUNT_OF(a) (sizeof(a) / sizeof((a)[0]))

/* Bounds on what one file may hold; each has its own finding. */
#define PURPOSES_MAX  64
#define RULES_MAX     128
#define CHANNELS_MAX  64
#define HELPDESKS_MAX 32
#define REDACT_MAX    64
#define PATTERNS_MAX  32
#define NOTICES_MAX   128
#define TESTS_MAX     500
#define NOTICE_MAX    4096
#define TEXT_MAX      400 /* a describing text */
#define WORDS_MAX     512 /* of all lists of words together */
#define LANGUAGES_MAX 4
#define SPANS_MAX     4	 /* of one day */
#define OWN_MAX	      16 /* channels or Datenarten listed in one place */

/* Where something stands, for findings and reasons. */
struct place {
	size_t line, column;
};

/* Which notice is meant in which language; language "" = every other. */
struct says {
	struct {
		char language[LANGUAGE_BYTES];
		struct name notice;
		struct place at;
	} of[LANGUAGES_MAX];
	size_t len;
};

struct asking { /* what may differ by channel */
	bool double_opt_in, has_valid;
	struct period valid;
	struct says ask, confirmed;
};

struct purpose {
	struct name name;
	struct place at;
	enum legal_basis basis;
	bool marketing, minors_refused, has_reminder;
	struct period pending, reminder;
	const char *interest, *special, *dpv; /* NULL: none */
	struct asking asking;
	struct {
		struct name channel;
		struct place at;
		struct asking asking;
	} by_channel[OWN_MAX];
	size_t by_channel_len;
};

/* A Datenart and its one deletion rule. */
struct rule {
	struct name name;
	struct place at;
	enum policy_start from;
	bool has_keep, has_delete, has_statutory, has_restrict, special,
	    overwrite_only;
	struct period keep, delete_by;
	struct {
		char norm[65];
		int64_t years;
		bool year_end;
		bool has_after;
		struct period after; /* time the deletion may take */
	} statutory;
	struct {
		enum policy_start from;
		struct period after;
	} restriction;
	const char *description, *subjects, *owner, *justification;
};

/* Minutes of a day, end exclusive. */
struct span {
	int from, to;
	struct place at;
};

struct hours {
	bool set, holidays; /* closed on the holidays of the Land */
	struct span spans[7][SPANS_MAX]; /* Monday first */
	size_t spans_len[7];
	struct says outside;
	struct place at;
};

struct forget_rule {
	enum policy_forget what;
	enum legal_basis basis; /* FORGET_NOT only */
	struct name keep_as;
	struct place at;
};

/* Words and where a message goes that has one of them. */
struct word_rule {
	const char *text; /* normalised, owned by the policy */
	struct place at, data_at;
	struct name channel; /* "" = every one */
	struct name data;
	bool special;
};

struct channel_rule {
	struct name name, purpose, data, media_data, asks, start;
	struct place at, data_at, purpose_at;
	enum policy_first_contact first_contact;
	struct place first_at;
	struct says notice;
	enum policy_until until;
	struct period until_for;
	struct place until_at;
	unsigned int media_kinds, strip;
	int64_t media_max; /* bytes; 0 = the gateway's limit */
	struct place media_at;
	struct hours hours;
	struct forget_rule on_delete, on_edit;
};

struct helpdesk_rule {
	struct name name;
	struct place at, sees_at, person_at;
	bool text, attachments;
	enum policy_person person;
	struct name data[OWN_MAX]; /* told of these alone; none: all but special
				    * ones */
	size_t data_len;
	struct place data_at;
};

enum notice_kind { NOTICE_BY_USE, NOTICE_NOTICE, NOTICE_ASK, NOTICE_REPLY };

struct notice {
	struct policy_notice n; /* first: what is handed out */
	struct place at, language_at;
	enum notice_kind kind;
	const char *valid_from; /* NULL: at once */
	bool has_blocks;
	const char *blocks[NOTICE_BLOCKS]; /* NULL: not there; "auto" */
	struct place blocks_at;
};

struct finder { /* an entry of redact */
	enum policy_find find;
	size_t pattern; /* FIND_PATTERN: index */
	bool before_store, before_forward;
	struct name channels[OWN_MAX];
	size_t channels_len; /* 0 = every one */
	struct place at;
};

struct pattern {
	struct name name;
	const char *shape;
	struct place at;
};

struct keyword_rule {
	struct keyword_word word; /* text owned by the policy */
	struct place at;
};

struct policy_test {
	const char *name;
	struct place at;
	const struct yaml *given, *expect;
	int64_t at_ms;
	bool has_at;
};

struct policy {
	uint8_t digest[POLICY_DIGEST_BYTES];
	uint8_t *source; /* the file as it was read */
	size_t source_len;
	struct yaml_doc *doc;
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
	struct notice builtin[BUILTIN_REPLIES]; /* replies.c */
	struct says replies[REPLIES];
	struct finder finders[REDACT_MAX];
	size_t finders_len;
	struct pattern patterns[PATTERNS_MAX];
	size_t patterns_len;
	struct word_rule words[WORDS_MAX];
	size_t words_len;
	struct keyword_rule keywords[WORDS_MAX];
	struct keyword_word keyword_words[WORDS_MAX];
	size_t keywords_len;
	char *owned; /* normalised words */
	size_t owned_len, owned_size;
	struct policy_approvals approvals;
	struct place approvals_at, data_at;
	struct policy_test tests[TESTS_MAX];
	size_t tests_len;
};

static inline struct place place_of(const struct yaml *node)
{
	return (struct place){node->line, node->column};
}

static inline struct place place_of_key(const struct yaml *node)
{
	return (struct place){node->key_line, node->key_column};
}

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
/* A text of 1 to max bytes, borrowed. */
bool policy_field_text(const struct yaml *node, size_t max, const char **ret,
		       struct diag *diag);
/* The index of the scalar in words, or -1 with a finding. */
int policy_field_word(const struct yaml *node, const char *const *words,
		      size_t words_len, struct diag *diag);
/* Two small letters. */
bool policy_field_language(const struct yaml *node, struct diag *diag);
/* A name alone, or a map of languages to names. */
bool policy_field_says(const struct yaml *node, struct says *ret,
		       struct diag *diag);
/* A list of names, at most OWN_MAX. */
bool policy_field_names(const struct yaml *node, const char *what,
			struct name ret[OWN_MAX], size_t *ret_len,
			struct diag *diag);
/* Optional children, for what reads many of them; the value stays as it is
 * when the key is not there. */
void policy_opt_bool(const struct yaml *map, const char *key, bool *ret,
		     struct diag *diag);
void policy_opt_text(const struct yaml *map, const char *key, const char **ret,
		     struct diag *diag);
/* Whether it was there and a period. */
bool policy_opt_period(const struct yaml *map, const char *key,
		       struct period *ret, struct diag *diag);
/* A finding at node: name is not one of what the policy has,
 * given as names stride bytes apart. */
void policy_unknown_name(const struct yaml *node, const char *what,
			 const struct name *known, size_t known_len,
			 size_t stride, struct diag *diag);
/* The same for says: each has to be a notice. */
void policy_check_says(const struct policy *p, const struct says *says,
		       struct diag *diag);

/* The name of something redact finds: built in, or a pattern.  *ret_pattern is
 * its index. */
bool policy_field_find(const struct policy *p, const struct yaml *node,
		       enum policy_find *ret, size_t *ret_pattern,
		       struct diag *diag);

/* A normalised copy that lives as long as the policy; NULL with a finding. */
const char *policy_normalised(struct policy *p, const struct yaml *node,
			      struct diag *diag);

/* --- sections ------------------------------------------------------------- */

typedef void policy_section(struct policy *p, const struct yaml *node,
			    struct diag *diag);
policy_section policy_parse_purposes;  /* purposes.c */
policy_section policy_parse_rules;     /* rules.c */
policy_section policy_parse_channels;  /* channels.c */
policy_section policy_parse_helpdesks; /* helpdesks.c */
policy_section policy_parse_notices;   /* notices.c */
policy_section policy_parse_redact;    /* redact_rules.c */
policy_section policy_parse_patterns;  /* redact_rules.c */
policy_section policy_parse_special;   /* words.c */
policy_section policy_parse_keywords;  /* words.c */
policy_section policy_parse_replies;   /* replies.c */
policy_section policy_parse_approvals; /* approvals.c */
policy_section policy_parse_tests;     /* tests.c */
/* The tag list of a channel. */
void policy_parse_tags(struct policy *p, const struct channel_rule *channel,
		       const struct yaml *list, struct diag *diag);
/* The hours of a channel. */
void policy_parse_hours(const struct yaml *map, struct hours *ret,
			struct diag *diag);
/* Built-in texts, after the notices. */
void policy_builtin_replies(struct policy *p);
/* agree.c: gaps and overlaps between sections. */
void policy_agree(const struct policy *p, struct diag *diag);
/* agree_notices.c: what the law wants in a notice, and how each is used. */
void policy_agree_notices(const struct policy *p, struct diag *diag);
bool policy_notice_used(const struct policy *p, const struct notice *notice);
/* A bound on the days a Datenart is kept: of several, the longest goes. */
int64_t policy_kept_days(const struct rule *rule); /* rules.c */

extern const char *const policy_find_words[FINDS]; /* redact_rules.c */
/* What the i-th entry of redact finds. */
const char *policy_finder_name(const struct policy *p, size_t i);

/* --- keys.c: the keys and words of the language --------------------------- */

enum key_list {
	KEYS_FILE,
	KEYS_PURPOSE,
	KEYS_PURPOSE_CHANNEL,
	KEYS_RULE,
	KEYS_STATUTORY,
	KEYS_RESTRICT,
	KEYS_CHANNEL,
	KEYS_MEDIA,
	KEYS_UNTIL,
	KEYS_ON_DELETE,
	KEYS_ON_EDIT,
	KEYS_HOURS,
	KEYS_DAYS,
	KEYS_TAG,
	KEYS_SPECIAL,
	KEYS_HELPDESK,
	KEYS_REDACT,
	KEYS_NOTICE,
	KEYS_BLOCKS,
	KEYS_KEYWORDS,
	KEYS_REPLIES,
	KEYS_APPROVALS,
	KEYS_TEST,
	KEYS_GIVEN,
	KEYS_EXPECT,
	KEY_LISTS,
};
enum word_list {
	WORDS_BASIS,
	WORDS_SPECIAL,
	WORDS_MINORS,
	WORDS_FROM,
	WORDS_RESTRICT_FROM,
	WORDS_YEARS_START,
	WORDS_METHOD,
	WORDS_FIRST_CONTACT,
	WORDS_UNTIL,
	WORDS_MEDIA,
	WORDS_STRIP,
	WORDS_ON_DELETE,
	WORDS_ON_EDIT,
	WORDS_KEEP,
	WORDS_HOLIDAYS,
	WORDS_SEES,
	WORDS_PERSON,
	WORDS_BEFORE,
	WORDS_KIND,
	WORDS_EVENT,
	WORDS_TEST_MEDIA,
	WORDS_CONSENT,
	WORDS_WINDOW,
	WORDS_MECHANISM,
	WORDS_TEST_PERSON,
	WORDS_DELETE,
	WORDS_KEYWORD,
	WORDS_REPLY,
	WORDS_REFUSE,
	WORD_LISTS,
};
struct policy_list {
	/* Where it stands: keys with dots between, * any name, [] an entry. */
	const char *path;
	const char *const *words;
	size_t len;
};
extern const struct policy_list policy_keys[KEY_LISTS];
extern const struct policy_list policy_words[WORD_LISTS];
/* yaml_unknown_keys() and policy_field_word() with one of these. */
size_t policy_known_keys(const struct yaml *map, enum key_list list,
			 struct diag *diag);
int policy_field_of(const struct yaml *node, enum word_list list,
		    struct diag *diag);

#define PERSON_WORDS 3
#define MEDIA_WORDS  5
extern const char *const policy_start_words[POLICY_STARTS];
extern const char *const policy_person_words[PERSON_WORDS];
extern const char *const policy_media_words[MEDIA_WORDS];
extern const char *const notice_block_words[NOTICE_BLOCKS];

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
/* What a purpose asks with on a channel. */
const struct asking *policy_find_asking(const struct purpose *purpose,
					const struct name *channel);
/* The notice for a language: that one, else the one for every other, else the
 * first; NULL when says is empty. */
const struct policy_notice *policy_say_in(const struct policy *p,
					  const struct says *says,
					  const char *language);
/* Is the office open?  Holidays by the Land; NULL: those of every Land. */
bool hours_open(const struct hours *hours, const struct policy_local *local,
		const char *land);

#endif
