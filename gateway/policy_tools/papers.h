/* papers.h - the papers that follow from policy and settings. */
#ifndef POSTERN_POLICY_TOOLS_PAPERS_H
#define POSTERN_POLICY_TOOLS_PAPERS_H

#include <jansson.h>

#include "complaint.h"
#include "postern/render.h"
#include "postern/settings.h"

#define PAPER_BYTES_MAX (16u * 1024 * 1024)

struct papers_instance {
	struct render_instance instance;
	struct render_channel channels[SETTINGS_CHANNELS_MAX];
};
/* What they tell of the settings, borrowed; ret must not be moved. */
void papers_fill(const struct settings *s, struct papers_instance *ret);

struct papers_wish {
	bool one; /* only what; else all of them */
	enum render_what what;
	enum render_format format;
	enum tongue tongue;
};
/* Words of a caller, NULL: all of them; HTML.  0, or -1 with a complaint. */
int papers_read(const char *what, const char *format, struct papers_wish *ret,
		struct complaint *why);

/* {"what","language","format"}, and where it is. */
json_t *paper_json(const struct papers_wish *wish, enum render_what what);
/* {"policy":{"name","version","digest","in_force"},"papers"}; takes list. */
json_t *papers_json(const struct policy *policy, bool in_force, json_t *list);

/* All that is wished for, with their texts.  0, or -1 as render_page(). */
int papers_texts(const struct papers_wish *wish, const struct policy *policy,
		 const struct papers_instance *instance, bool in_force,
		 json_t **ret, struct err *err);

#endif
