# 사람들의 말을 얼마나 간직하고 어떻게 잊는지에 대해 하는 말.

privacy-forgotten-here = 여기서 물어본 것을 잊었어요. 질문 { $questions }개와 그 답변을 지웠어요. Mattermost에 올라온 글은 그대로 있으니, 필요하면 거기서 지워 주세요.
privacy-forgotten-everywhere = 지금까지 물어본 것을 모두 잊었어요. 질문 { $questions }개와 그 답변을 지웠어요. Mattermost에 올라온 글은 그대로 있으니, 필요하면 거기서 지워 주세요.
privacy-stopped-too = 아직 쓰고 있던 답변 { $answers }개는 멈추고, 끝나는 대로 지울게요.
privacy-nothing = 기억하고 있는 질문이 없어요. Mattermost에 올라온 글은 그대로 있으니, 필요하면 거기서 지워 주세요.
privacy-keys-rotated = 모두 지금 키로 암호화되어 있어요. 다시 암호화한 줄은 { $rows }개예요. 이제 전의 키는 백업을 되살릴 때만 필요해요.
privacy-help = - `/{ $trigger } 잊어줘`: 여기서 물어본 것을 지워요. `모두 잊어줘`: 어디서 물어봤든 모두 지워요.
