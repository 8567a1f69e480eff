// Contacts as an Indian business has them, the same ones for the same seed. The domains are reserved ones: nobody has
// these addresses.

/** A contact as a client sends it, without its tags. */
export type Person = { name: string; email: string; mobile: string; companyName: string | null }

/** Numbers from 0 up to 1, the same ones for the same seed (mulberry32). */
export type Random = () => number

/** A source of numbers that look random. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000
  }
}

/** One of a list, each as likely. */
export function pick<Item>(random: Random, from: readonly Item[]): Item {
  return from[Math.floor(random() * from.length)] as Item
}

/** A person; `serial`, any text, goes into the e-mail address, so that no two persons are equal. */
export function person(random: Random, serial: string): Person {
  const first = pick(random, firstNames)
  const last = pick(random, lastNames)
  const company = random() < 0.7 ? companyName(random, last) : null
  const domain = company && random() < 0.5 ? `${slug(company)}.example` : pick(random, mailDomains)
  const written = random() < 0.03 ? pick(random, devanagariNames) : `${first} ${last}`
  return {
    name: written,
    email: `${slug(first)}.${slug(last)}${serial}@${domain}`,
    mobile: pick(random, ['6', '7', '8', '9', '9']) + String(Math.floor(random() * 1e9)).padStart(9, '0'),
    companyName: company,
  }
}

function companyName(random: Random, last: string): string {
  const founder = random() < 0.5 ? last : pick(random, places)
  return `${founder} ${pick(random, trades)} ${pick(random, endings)}`
}

function slug(text: string): string {
  return text.toLowerCase().replace(/[^a-z0-9]+/g, '')
}

const words = (text: string) => text.split(' ')

const firstNames = words(
  'Aarav Aditi Aditya Akash Amit Amrita Ananya Anil Anita Anjali Arjun Arun Asha Ashok Bhavna Chetan Deepa Deepak Devika Dinesh Divya Farhan Fatima Ganesh Gaurav Geeta Gopal Gurpreet Harish Harpreet Imran Isha Jaya Jyoti Kabir Kamala Karan Kavita Kiran Kishore Lakshmi Lata Madhuri Mahesh Manish Manoj Meena Meera Mohan Mukesh Nandini Naveen Neha Nikhil Nisha Padma Pankaj Pooja Prakash Pranav Priya Radha Rahul Rajesh Rakesh Ramesh Rashmi Ravi Rekha Ritu Rohan Rohit Sachin Sameer Sandeep Sanjay Sarita Savita Shalini Shanti Shruti Sita Sneha Sunil Sunita Suresh Swati Tanvi Uma Usha Varun Vidya Vijay Vikram Vinod Vivek Yash Zoya',
)
const lastNames = words(
  'Agarwal Ahmed Ansari Banerjee Bhat Bose Chatterjee Chauhan Chopra Das Desai Deshmukh Dubey Dutta Fernandes Gandhi Ghosh Gill Goyal Gupta Hegde Iyer Iyengar Jadhav Jain Jha Joshi Kapoor Kaur Khan Khanna Krishnan Kulkarni Kumar Malhotra Mehta Menon Mishra Mukherjee Naidu Nair Nambiar Pandey Patel Patil Pillai Prasad Rao Rathore Reddy Roy Saxena Sen Shah Sharma Shetty Shinde Shukla Singh Sinha Srinivasan Subramanian Tiwari Tripathi Varma Verma Yadav',
)
const places = words(
  'Ahmedabad Bengaluru Bharat Bhopal Chennai Cochin Deccan Delhi Ganga Godavari Hindustan Hyderabad Indore Jaipur Kanpur Kaveri Kolkata Konark Lucknow Malabar Mumbai Mysuru Nagpur Narmada Nilgiri Pune Sahyadri Surat Udaipur Vindhya',
)
const trades = words(
  'Agencies Agro Builders Chemicals Constructions Electricals Electronics Engineering Enterprises Exports Fabrics Foods Garments Hardware Jewellers Logistics Machinery Motors Packaging Pharma Plastics Printers Roadlines Software Spices Steels Stores Textiles Tours Traders',
)
const endings = ['Pvt Ltd', 'LLP', '& Sons', 'and Co', 'Limited', 'Private Limited', 'India', 'Works']
const mailDomains = ['gmail.example', 'gmail.example', 'yahoo.example', 'rediff.example', 'outlook.example']
const devanagariNames = ['आशा शर्मा', 'रवि कुमार', 'मीरा जोशी', 'सुनीता देशमुख', 'राजेश पाटील', 'प्रिया गुप्ता']
