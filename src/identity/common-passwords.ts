/**
 * The passwords that guessers try first. `commonWords` are counted with any digits and signs around them and with the
 * usual letters in disguise, so that a few hundred words stand for many thousands of passwords.
 */
export const commonWords: ReadonlySet<string> = new Set(
  `abcdefg abcdefgh abcdefghij access account admin adminadmin administrator alexander amanda america american andrea
  andrew angel angelina angels anthony apple arsenal asdf asdfasdf asdfgh asdfghj asdfghjk asdfghjkl ashley austin
  autumn azerty azertyuiop babygirl bailey banana baseball basketball batman beautiful bella benjamin blessed blink
  bonjour brandon brooklyn bubbles buster butterfly caroline carolina charlie charlotte cheese chelsea chicago
  chocolate chris christian christmas christopher computer cookie cooper courtney cowboys daniel daniela danielle
  dallas database default demo diamond dolphin dolphins donald dragon dragonball dubsmash eagles eminem
  email elizabeth emmanuel england estrella facebook family fernando ferrari flower flowers football forever forgot
  france freedom friend friends fuckyou fuckyoufuckyou gabriel garfield geheim george germany ginger gnosis google
  grace guest guitar gwerty hallo hannah happy harley hello hellohello hellokitty helloworld hockey hotmail hottie
  hunter iloveu iloveyou internet instagram isabella jackson jasmine jennifer jessica jesus jesuschrist jonathan
  jordan joseph joshua junior justin justinbieber killer kimberly kitty knight kristina ladybug lakers lauren letmein
  letmeinnow liberty linkedin liverpool login london lovelove lovely loveme lover loveyou lucky madison maggie mail
  mailserver manager manchester marina marlboro martin martina master matrix matthew maverick melissa mercedes
  merlin metallica michael michelle mickey microsoft minecraft monkey monica monster morgan mother motorola mustang
  myspace naruto natalie natasha newyork nicholas nicole nintendo november october office oliver olivia orange
  pakistan pass passme passpass passw passwd passwort password passwordpassword passphrase patricia patrick peanut
  pepper phoenix pikachu player please pokemon porsche postfix postmaster precious prince princess princesa private
  purple qazwsx qazwsxedc qwer qwerqwer qwert qwerty qwertyqwerty qwertyu qwertyui qwertyuiop qwertz qwertzu qwertzui
  qwertzuiop rachel rainbow ranger rangers raymond realmadrid rebecca richard robert rockyou ronaldo root rootroot
  sabrina samantha samsung sandra sarah scooter sebastian secret secretpassword september server service shadow
  shannon shopping silver slayer snoopy snowball soccer softball spiderman spring startrek starwars steelers
  stephanie steven strawberry summer sunflower sunshine superman superstar support sweetheart sweety sysadmin
  system teacher tequila test tester testing testpass testpassword testtest thomas thunder tigers tigger tinkerbell
  toor toyota trinity trustno trustnoone tweety twitter undertaker united unknown user username valentina
  vanessa veronica victoria vincent volleyball warcraft welcome welcomehome wert whatever william willow winner
  winter wizard wordpass writer xxxxxxxx yamaha yankees yellow zaqxsw zxcvbn zxcvbnm changeme changeit letmein
  temp temporary example sample postern mustchange defaultpassword`.split(/\s+/),
);

/** Whole passwords that are no word with something around it. */
export const commonPasswords: ReadonlySet<string> = new Set(
  `1q2w3e4r 1q2w3e4r5t 1q2w3e4r5t6y 1qaz2wsx 1qaz2wsx3edc 1qazxsw2 1qazxsw23edc q1w2e3r4 q1w2e3r4t5 q1w2e3r4t5y6 zaq12wsx
  zaq1zaq1 zaq1xsw2 zaq12wsxcde3 qaz123wsx a1b2c3d4 a1b2c3d4e5 abc123456 abcd1234 abc12345 abcd12345 1234abcd 123456ab
  123abc123 12345abc 1234qwer 123qweasd 123qweasdzxc 123qwe123 12qwaszx qwe123456 qweasdzxc qwer1234 qwert123 asdf1234
  asd123456 zxc123456 aa123456 aa12345678 a12345678 a123456789 a1234567 s123456789 q123456789 123456789a 12345678a
  1234567a 123456aa 1234567q 12345678q 123456789q 12345qwert qwert12345 123456qwerty qwerty123456 password1234567
  1g2w3e4r 3rjs1la7qe 18atcskd2w gfhjkm123 aaaaaa1a pa55word pass1234word p455w0rd iloveyou2u me2youtoo 4getmenot
  2fast4you 2hot4you 1love2me r2d2c3po thx1138thx ncc1701d ncc1701e ou812ou812 trustno1 letme1n blink182blink
  q2w3e4r5 w2e3r4t5 !qaz2wsx !qaz@wsx 1qaz!qaz 1qaz@wsx !@#$%^&* !@#$%^&*( !@#$%^&*() zaq!2wsx qwerty!@# qwe!@#123
  123!@#qwe 1234!@#$ 123456!@# asdfghjkl; qwertyuiop[] 1234567890-= ;lkjhgfdsa poiuytrewq lkjhgfdsa mnbvcxz0
  0987654321 9876543210 1029384756 147258369 159753456 123654789 741852963 789456123 a1s2d3f4 a1s2d3f4g5 z1x2c3v4 z1x2c3v4b5
  correcthorsebatterystaple correct-horse-battery-staple`.split(/\s+/),
);
