/* takeover.h - what an attacker inside a process would try; make TAKEOVER=1.
 *
 * The code is tests/takeover.c and only in that flavour. */
#ifndef POSTERN_TAKEOVER_H
#define POSTERN_TAKEOVER_H

#ifdef TAKEOVER
/* Opens DIR/takeover-<role> and its .out, where they are. */
void takeover_open(const char *dir, const char *role);
/* Does what the first one says, line by line, and writes how it went. */
void takeover_act(void);
#else
#define takeover_open(dir, role) ((void)0)
#define takeover_act()		 ((void)0)
#endif

#endif
