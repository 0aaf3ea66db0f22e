/* parse.h - one reading of postern.yaml, inside settings/. */
#ifndef POSTERN_SETTINGS_PARSE_H
#define POSTERN_SETTINGS_PARSE_H

#include "postern/diag.h"
#include "postern/settings.h"
#include "postern/yamldoc.h"

struct parse {
	const struct settings_source *source;
	struct diag *diag;
	struct settings *s;
};

#define COUNT_OF(a) (sizeof(a) / sizeof((a)[0]))

/* What init writes into a secret file that only a person can fill. */
#define SECRET_PLACEHOLDER "PLACEHOLDER-replace-this-line"

/* --- fields.c: one value each, with a finding when it is not that --------- */

/* The child, or NULL with a finding that says what to add. */
const struct yaml *conf_need(struct parse *in, const struct yaml *map,
			     const char *key, const char *right);
bool conf_is_map(struct parse *in, const struct yaml *node, const char *what);
bool conf_is_list(struct parse *in, const struct yaml *node, const char *what);
/* A scalar of len_min to len_max printable bytes, or NULL with a finding. */
const char *conf_text(struct parse *in, const struct yaml *node,
		      const char *what, size_t len_min, size_t len_max);
/* The same, copied into a member. */
bool conf_text_into(struct parse *in, const struct yaml *node, const char *what,
		    size_t len_min, char *ret, size_t ret_size);
/* A name (of something), from a scalar or from the node's key. */
bool conf_name(struct parse *in, const struct yaml *node, const char *what,
	       struct name *ret);
bool conf_key_name(struct parse *in, const struct yaml *node, const char *what,
		   struct name *ret);
/* One of words, copied into a member. */
bool conf_word_into(struct parse *in, const struct yaml *node,
		    const char *const *words, size_t words_len, char *ret,
		    size_t ret_size);
/* A whole number under a key; absent leaves ret as it is. */
struct conf_number {
	const char *key;
	int64_t min, max, fallback;
	const char *unit; /* for the finding: "days" */
};
void conf_number_into(struct parse *in, const struct yaml *map,
		      const struct conf_number *n, int64_t *ret);
/* A finding at node: this word is not known; the nearest is named. */
void conf_unknown(struct parse *in, const struct yaml *node, const char *what,
		  const char *const *words, size_t words_len);

/* --- values.c: the rows of a driver --------------------------------------- */

/* Reads all rows out of map into values; *len is their number. */
void conf_values(struct parse *in, const struct yaml *map,
		 const struct setting_row *rows, size_t rows_len,
		 struct setting_value *values, size_t *len);
/* Every key of map is one of own or of rows. */
void conf_known_keys(struct parse *in, const struct yaml *map,
		     const char *const *own, size_t own_len,
		     const struct setting_row *rows, size_t rows_len);
void conf_values_free(struct setting_value *values, size_t len);

/* --- controller.c --------------------------------------------------------- */

void conf_controller(struct parse *in, const struct yaml *map);

/* --- ledger.c ------------------------------------------------------------- */

void conf_ledger_defaults(struct settings *s);
void conf_ledger(struct parse *in, const struct yaml *map);

/* --- backup.c ------------------------------------------------------------- */

void conf_backup_defaults(struct settings *s);
void conf_backup(struct parse *in, const struct yaml *map);
void conf_breach(struct parse *in, const struct yaml *map);
/* --- sweep.c -------------------------------------------------------------- */

void conf_sweep_defaults(struct settings *s);
void conf_sweep(struct parse *in, const struct yaml *map);

/* --- rights.c ------------------------------------------------------------- */

void conf_rights_defaults(struct settings *s);
void conf_rights(struct parse *in, const struct yaml *map);

/* --- portal.c ------------------------------------------------------------- */

void conf_portal_defaults(struct settings *s);
void conf_portal(struct parse *in, const struct yaml *map);

/* --- dsr.c ---------------------------------------------------------------- */

void conf_processors(struct parse *in, const struct yaml *map);
void conf_opendsr(struct parse *in, const struct yaml *map);
void conf_drp(struct parse *in, const struct yaml *map);
void conf_dsr_free(struct settings *s);

/* --- ends.c, parse.c ------------------------------------------------------ */

/* Targets into a member that has SETTINGS_ALLOW_MAX of them. */
void conf_allow(struct parse *in, const struct yaml *list,
		char ret[SETTINGS_ALLOW_MAX][280], size_t *ret_len);
/* Memory for the entries of a section, or NULL with a finding. */
void *conf_entries(struct parse *in, const struct yaml *node, size_t max,
		   size_t size);
void conf_channels(struct parse *in, const struct yaml *map);
void conf_helpdesks(struct parse *in, const struct yaml *map);
void conf_routes(struct parse *in, const struct yaml *list);
/* Once all three were read. */
void conf_check_ways(struct parse *in, const struct yaml *root);

#endif
