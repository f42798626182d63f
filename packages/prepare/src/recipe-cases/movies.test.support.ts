// For tests: the recipes of MovieLens.
import { type Expected, type RecipeCase, ROWS, text, latin1, turns, NUMBERS } from './shop.test.support.js';

const MOVIES_FROM = 978_300_760;
const MOVIE_TIMES: Expected['times'] = ['1', [0, 1, 2, 3, 4].map((place) => MOVIES_FROM + place)];

export function ml100k(): RecipeCase {
  const people = [
    '1|24|M|technician|85711',
    '2|53|F|other|94043',
    '3|23|M|writer|32067',
    '4|24|M|technician|43537',
    '5|33|F|other|T8H1N',
    '6|42|M|executive|98101',
  ];
  const film = (id: number, title: string, flags: string): string =>
    `${id}|${title}|01-Jan-1995||http://us.imdb.com/M/title-exact?${encodeURIComponent(title)}|${[...flags].join('|')}`;
  const films = [
    film(1, 'Toy Story (1995)', '0001110000000000000'),
    film(2, 'Mis\u00e9rables, Les (1995)', '0000000010000010000'),
    film(3, 'Four Rooms "1995"', '0000000000000000100'),
    '4|unknown||||1|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0',
    film(5, 'Copycat (1995)', '0000000000100001011'),
    film(6, 'Shanghai Triad (1995)', '0000000010000000000'),
  ];
  return {
    recipe: 'ml-100k',
    files: {
      'ml-100k/u.data': text(ROWS.map(([user, item, place]) => `${user + 1}\t${item + 1}\t3\t${MOVIES_FROM + place}`)),
      'ml-100k/u.item': latin1(films),
      'ml-100k/u.user': text(people),
    },
    expected: {
      sequences: turns(NUMBERS, NUMBERS),
      times: MOVIE_TIMES,
      items: {
        '1': ['Toy Story (1995)', ['Animation', "Children's", 'Comedy']],
        '2': ['Mis\u00e9rables, Les (1995)', ['Drama', 'Romance']],
        '3': ['Four Rooms "1995"', ['Thriller']],
        '4': ['unknown', ['unknown']],
        '5': ['Copycat (1995)', ['Film-Noir', 'Sci-Fi', 'War', 'Western']],
      },
      users: {
        '1': [24, 'M', 'technician'],
        '2': [53, 'F', 'other'],
        '3': [23, 'M', 'writer'],
        '4': [24, 'M', 'technician'],
        '5': [33, 'F', 'other'],
      },
    },
  };
}

export function ml1m(): RecipeCase {
  const films = [
    "1::Toy Story (1995)::Animation|Children's|Comedy",
    '2::Mis\u00e9rables, Les (1995)::Drama|Musical',
    '3::Grumpier: Old Men (1995)::Comedy|Romance',
    '4::"Waiting" to Exhale (1995)::Comedy',
    '5::Father of the Bride Part II (1995)::Sci-Fi',
    '6::Heat (1995)::Action',
  ];
  return {
    recipe: 'ml-1m',
    files: {
      'ml-1m/ratings.dat': text(
        ROWS.map(([user, item, place]) => `${user + 1}::${item + 1}::5::${MOVIES_FROM + place}`),
      ),
      'ml-1m/movies.dat': latin1(films),
      'ml-1m/users.dat': text([
        '1::F::1::10::48067',
        '2::M::56::16::70072',
        '3::M::25::15::55117',
        '4::M::45::7::02460',
        '5::M::25::20::55455-1234',
        '6::F::50::9::55117',
      ]),
    },
    expected: {
      sequences: turns(NUMBERS, NUMBERS),
      times: MOVIE_TIMES,
      items: {
        '1': ['Toy Story (1995)', ['Animation', "Children's", 'Comedy']],
        '2': ['Mis\u00e9rables, Les (1995)', ['Drama', 'Musical']],
        '3': ['Grumpier: Old Men (1995)', ['Comedy', 'Romance']],
        '4': ['"Waiting" to Exhale (1995)', ['Comedy']],
        '5': ['Father of the Bride Part II (1995)', ['Sci-Fi']],
      },
      users: {
        '1': ['F', '1', '10'],
        '2': ['M', '56', '16'],
        '3': ['M', '25', '15'],
        '4': ['M', '45', '7'],
        '5': ['M', '25', '20'],
      },
    },
  };
}

/** 20M ends its lines with LF here, 25M with CRLF: releases differ, and both must do. */
export function mlCsv(release: '20m' | '25m', end: string): RecipeCase {
  const films = [
    'movieId,title,genres',
    '1,Toy Story (1995),Adventure|Animation|Children|Comedy|Fantasy',
    '2,"American President, The (1995)",Comedy|Drama|Romance',
    '3,"""Great Performances"" Cats (1998)",Musical',
    '4,"Mis\u00e9rables, Les (1995)",Drama|War',
    '5,Away with Words (1999),(no genres listed)',
  ];
  return {
    recipe: `ml-${release}`,
    files: {
      [`ml-${release}/ratings.csv`]: text(
        [
          'userId,movieId,rating,timestamp',
          ...ROWS.map(([user, item, place]) => `${user + 1},${item + 1},3.5,${MOVIES_FROM + place}`),
        ],
        end,
      ),
      [`ml-${release}/movies.csv`]: text(films, end),
    },
    expected: {
      sequences: turns(NUMBERS, NUMBERS),
      times: MOVIE_TIMES,
      items: {
        '1': ['Toy Story (1995)', ['Adventure', 'Animation', 'Children', 'Comedy', 'Fantasy']],
        '2': ['American President, The (1995)', ['Comedy', 'Drama', 'Romance']],
        '3': ['"Great Performances" Cats (1998)', ['Musical']],
        '4': ['Mis\u00e9rables, Les (1995)', ['Drama', 'War']],
        '5': ['Away with Words (1999)', []],
      },
    },
  };
}
