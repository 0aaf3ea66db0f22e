/* complaint.h - why a question to a policy tool cannot be answered, for a
 * terminal and for a caller of the API alike. */
#ifndef POSTERN_POLICY_TOOLS_COMPLAINT_H
#define POSTERN_POLICY_TOOLS_COMPLAINT_H

#include <stdbool.h>
#include <stddef.h>

struct complaint {
	const char *member; /* static, "start": --start of a verb; NULL none */
	char text[1000];    /* what is wrong with it; what would be right */
	bool no_memory;
};

/* Both return -1.  printf-like; what does not fit is left out. */
__attribute__((format(printf, 3, 4))) int complain(struct complaint *c,
						   const char *member,
						   const char *format, ...);
int complain_memory(struct complaint *c);

/* Says more: "one of", then each word. */
void complain_word(struct complaint *c, const char *word);

/* value is none of words: which was meant, or which there are. */
int complain_choice(struct complaint *c, const char *member, const char *value,
		    const char *const *words, size_t len);

#endif
