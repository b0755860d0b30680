"""Conversations of text alone."""

from rendering.saying import asked, assistant, developer, part, system, user

# As large as a day's chat; its rendering is long, not deep.
LONG = [message for turn in range(100) for message in (user(f"Question {turn}"), assistant(f"Answer {turn}"))]

TEXTS = {
    "one text": asked(user("Why is the sky blue?")),
    "system first": asked(system("Be brief."), user("Hi")),
    "instructions anywhere": asked(
        user("Hi"),
        assistant("Hello."),
        developer("Answer in French."),
        user("Who are you?"),
        system("Be brief."),
    ),
    "several texts of the system": asked(system("Be brief.", "Be kind."), system("Be exact."), user("Hi")),
    "only instructions": asked(system("Be brief."), developer("Tell a joke.")),
    "turns of one role": asked(
        user("Hi"), user("Are you there?"), assistant("Yes."), assistant("I am."), user("Good.")
    ),
    "several parts": asked(user("Look:", "one", "two"), assistant("I", " see."), user("Good.")),
    "empty parts among others": asked(user("", "Hi", ""), assistant("", "Hello.", "you", ""), user("Good.")),
    "an empty turn": asked(user("Hi"), assistant(""), user("Hello?")),
    "two empty texts": asked(user("Hi"), assistant("Yes?"), user("", ""), assistant("Hm?"), user("Good.")),
    "names": asked(user("I am here.", name="ada"), user("So am I.", name="bob"), assistant("Hello both.", name="bot")),
    "prefill": asked(user("Name a colour as JSON."), assistant('{"colour":')),
    "every script and sign": asked(user('Größe 9", \\n is not\n a \t break;   \U0001f9d1‍\U0001f680 日本 </script>')),
    "cache hints": asked(
        system(part("A long text.", cache_breakpoint=True), "A short one."),
        user("Hi"),
        assistant(part("Hello.", cache_breakpoint=True)),
        user("One", part("Two", cache_breakpoint=True)),
    ),
    "a long conversation": asked(system("Be brief."), *LONG, user("And now?")),
}
