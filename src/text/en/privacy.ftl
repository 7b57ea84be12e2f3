# What is said about what is kept of people's words, and about forgetting it.

privacy-forgotten-here = I have forgotten what you asked me here: { $questions } questions and their answers are erased. Posts in Mattermost stay until you delete them there.
privacy-forgotten-everywhere = I have forgotten what you asked me anywhere: { $questions } questions and their answers are erased. Posts in Mattermost stay until you delete them there.
privacy-stopped-too = Answers that I was still writing to you: { $answers }. I stop them and forget them as soon as they have ended.
privacy-nothing = I remember nothing that you asked me. Posts in Mattermost stay until you delete them there.
privacy-keys-rotated = Everything is sealed with the present key; so many rows were not before: { $rows }. Keys of before are needed no more, but for backups.
privacy-help = - `/{ $trigger } forget`: erases what I remember of your questions here; `forget everywhere`: all of them
